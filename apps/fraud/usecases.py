"""What fraud can be asked to do."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.kit.errors import NotFound
from apps.kit.events import CloudEvent
from apps.kit.signals import span, trace_id
from apps.kit.values import Clock

from . import signals
from .domain import Assessment, CardRisk, Status, Thresholds, assess, cooled, weigh
from .events import CardFlagged, PaymentDecided


class UnknownCard(NotFound):
    title = "Unknown card"


class Store(Protocol):
    def counted(
        self, card_token: UUID, at: datetime
    ) -> AbstractAsyncContextManager[CardRisk]: ...
    async def save(self, risk: CardRisk) -> None: ...
    async def announce(self, event: CloudEvent[CardFlagged]) -> None: ...
    async def risk(self, card_token: UUID) -> CardRisk | None: ...
    async def keep(
        self, assessment: Assessment, at: datetime, trace_id: str
    ) -> None: ...


@dataclass(frozen=True)
class Ports:
    store: Store
    limits: Thresholds
    clock: Clock


@span("fraud.count_card")
async def count_card(payment: PaymentDecided, ports: Ports) -> CardRisk:
    """Count a decided payment against its card; a change of status is announced."""
    at = payment.created_at
    async with ports.store.counted(payment.card_token, at) as before:
        risk = weigh(before, payment.response_code, at, ports.limits)
        if risk != before:
            await ports.store.save(risk)
        if risk.status is not before.status:
            await ports.store.announce(CardFlagged.of(risk, before.status, at))
    signals.counted(payment.payment_id, risk)
    if risk.status is not before.status:
        signals.flagged(payment.payment_id, risk, before.status)
    return risk


@span("fraud.assess")
async def assess_card(card_token: UUID, ports: Ports) -> Assessment:
    """Tell whether a card looks good right now; what may cost a payment is kept."""
    at = ports.clock()
    risk = await ports.store.risk(card_token)
    assessment = assess(card_token, risk and cooled(risk, at, ports.limits))
    if assessment.status is not Status.GREEN:
        await ports.store.keep(assessment, at, trace_id())
    signals.assessed(assessment)
    return assessment


async def risk_of(card_token: UUID, ports: Ports) -> CardRisk:
    """Tell how often a card was used, and how suspicious it is right now."""
    risk = await ports.store.risk(card_token)
    if risk is None:
        raise UnknownCard("No payment with this card was decided.")
    return cooled(risk, ports.clock(), ports.limits)
