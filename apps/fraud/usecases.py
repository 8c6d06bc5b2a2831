"""What fraud can be asked to do."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.kit.errors import NotFound
from apps.kit.events import CloudEvent
from apps.kit.listeners import Delivered
from apps.kit.signals import span, trace_id
from apps.kit.values import Clock

from . import signals
from .domain import Assessment, CardRisk, Status, Thresholds, assess, cooled, weigh
from .events import CardFlagged, PaymentDecided


class UnknownCard(NotFound):
    title = "Unknown card"


class Store(Protocol):
    def counted(
        self, uses: Mapping[UUID, Sequence[datetime]]
    ) -> AbstractAsyncContextManager[Mapping[UUID, CardRisk]]:
        """Add to the cards when they were used; as they are then, nobody else's
        until the block ends."""

    async def save(self, risks: Sequence[CardRisk]) -> None: ...
    async def announce(self, event: CloudEvent[CardFlagged]) -> None: ...
    async def risk(self, card_token: UUID) -> CardRisk | None: ...
    async def risks_of(self, card_tokens: Collection[UUID]) -> Sequence[CardRisk]: ...
    async def keep(
        self, assessment: Assessment, at: datetime, trace_id: str
    ) -> None: ...


@dataclass(frozen=True)
class Ports:
    store: Store
    limits: Thresholds
    clock: Clock


@dataclass(frozen=True, slots=True)
class Counted:
    """What a payment made of its card."""

    by: Delivered[PaymentDecided]
    before: CardRisk
    risk: CardRisk

    @property
    def is_flagged(self) -> bool:
        return self.risk.status is not self.before.status


async def count_cards(
    batch: Sequence[Delivered[PaymentDecided]], ports: Ports
) -> Sequence[CardRisk]:
    """Count decided payments against their cards; a change of status is announced.

    The payments of a card are weighed in their order, as if each came alone.
    """
    uses: dict[UUID, list[datetime]] = {}
    for each in batch:
        payment = each.event.data
        uses.setdefault(payment.card_token, []).append(payment.created_at)
    async with ports.store.counted(uses) as kept:
        counted = list(_weighed(batch, kept, uses, ports.limits))
        last = {each.risk.card_token: each.risk for each in counted}
        if moved := [risk for card, risk in last.items() if risk != kept[card]]:
            await ports.store.save(moved)
        for one in counted:
            if one.is_flagged:
                await _announce(one, ports)
    for one in counted:
        _tell(one)
    return [one.risk for one in counted]


def _weighed(
    batch: Sequence[Delivered[PaymentDecided]],
    kept: Mapping[UUID, CardRisk],
    uses: Mapping[UUID, Sequence[datetime]],
    limits: Thresholds,
) -> Iterator[Counted]:
    """What each payment makes of its card; all of them are in the count already."""
    known = {
        card: replace(risk, count=risk.count - len(uses[card]))
        for card, risk in kept.items()
    }
    for each in batch:
        payment = each.event.data
        risk = known[payment.card_token]
        before = replace(risk, count=risk.count + 1)
        after = weigh(before, payment.response_code, payment.created_at, limits)
        known[payment.card_token] = after
        yield Counted(each, before, after)


async def _announce(counted: Counted, ports: Ports) -> None:
    at = counted.by.event.data.created_at
    event = CardFlagged.of(counted.risk, counted.before.status, at)
    with counted.by.telling():
        await ports.store.announce(event)


def _tell(counted: Counted) -> None:
    payment_id = counted.by.event.data.payment_id
    with counted.by.telling():
        signals.counted(payment_id, counted.risk)
        if counted.is_flagged:
            signals.flagged(payment_id, counted.risk, counted.before.status)


@span("fraud.assess")
async def assess_card(card_token: UUID, ports: Ports) -> Assessment:
    """Tell whether a card looks good right now; what may cost a payment is kept."""
    assessment = await _assessed(card_token, await ports.store.risk(card_token), ports)
    signals.assessed(assessment)
    return assessment


@span("fraud.assess_cards")
async def assess_cards(
    card_tokens: Sequence[UUID], ports: Ports
) -> Sequence[Assessment]:
    """Tell of each card whether it looks good right now, as if each were asked alone."""
    cards = dict.fromkeys(card_tokens)
    known = {risk.card_token: risk for risk in await ports.store.risks_of(cards)}
    found = [await _assessed(card, known.get(card), ports) for card in cards]
    signals.assessed_together(found)
    return found


async def _assessed(
    card_token: UUID, risk: CardRisk | None, ports: Ports
) -> Assessment:
    at = ports.clock()
    assessment = assess(card_token, risk and cooled(risk, at, ports.limits))
    if assessment.status is not Status.GREEN:
        await ports.store.keep(assessment, at, trace_id())
    return assessment


async def risk_of(card_token: UUID, ports: Ports) -> CardRisk:
    """Tell how often a card was used, and how suspicious it is right now."""
    risk = await ports.store.risk(card_token)
    if risk is None:
        raise UnknownCard("No payment with this card was decided.")
    return cooled(risk, ports.clock(), ports.limits)
