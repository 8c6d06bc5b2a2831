"""What fraud can be asked to do."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.kit.errors import NotFound
from apps.kit.signals import span

from . import signals
from .domain import CardRisk


class UnknownCard(NotFound):
    title = "Unknown card"


class Store(Protocol):
    async def count(self, card_token: UUID) -> CardRisk: ...
    async def risk(self, card_token: UUID) -> CardRisk | None: ...


@dataclass(frozen=True)
class Ports:
    store: Store


@span("fraud.count_card")
async def count_card(payment_id: UUID, card_token: UUID, ports: Ports) -> CardRisk:
    """Count a decided payment against its card."""
    risk = await ports.store.count(card_token)
    signals.counted(payment_id, risk)
    return risk


async def risk_of(card_token: UUID, ports: Ports) -> CardRisk:
    """Tell how often a card was used."""
    risk = await ports.store.risk(card_token)
    if risk is None:
        raise UnknownCard("No payment with this card was decided.")
    return risk
