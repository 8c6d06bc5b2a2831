"""Fakes that stand behind the ports; each can be read at a glance."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from apps.fraud.domain import Assessment, CardRisk, Status
from apps.fraud.events import CardFlagged
from apps.gateway.domain.calls import Answer, Call
from apps.kit.events import CloudEvent
from apps.kit.values import Cents, Pan
from apps.payments.domain.cards import Expiry
from apps.payments.domain.orders import Order, Terminal

PAN = Pan("5204460010000007")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

TERMINALS = {
    "POS-01": Terminal("POS-01", "M-01", True, "EUR"),
    "POS-03": Terminal("POS-03", "M-02", False, "EUR"),
    "POS-04": Terminal("POS-04", "M-02", True, "EUR"),
}


def order(amount: int = 5_000, pos_id: str = "POS-01", pan: Pan = PAN) -> Order:
    return Order(pos_id, pan, Expiry(12, 2030), Cents(amount), "EUR")


def ids() -> UUID:
    """One id after another, the same in each run."""
    return UUID(int=next(_numbers))


_numbers = count(1)


@dataclass
class FakeRisks:
    """Fraud's database; what it announces and answers is kept to be looked at."""

    risks: dict[UUID, CardRisk] = field(default_factory=dict)
    events: list[CloudEvent[CardFlagged]] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)

    @asynccontextmanager
    async def counted(
        self, uses: Mapping[UUID, Sequence[datetime]]
    ) -> AsyncIterator[Mapping[UUID, CardRisk]]:
        for card, times in uses.items():
            unknown = CardRisk(card, 0, Status.GREEN, 0, times[0], 0)
            risk = self.risks.get(card, unknown)
            self.risks[card] = replace(risk, count=risk.count + len(times))
        yield {card: self.risks[card] for card in uses}

    async def save(self, risks: Sequence[CardRisk]) -> None:
        self.risks |= {risk.card_token: risk for risk in risks}

    async def announce(self, event: CloudEvent[CardFlagged]) -> None:
        self.events.append(event)

    async def risk(self, card_token: UUID) -> CardRisk | None:
        return self.risks.get(card_token)

    async def risks_of(self, card_tokens: Collection[UUID]) -> Sequence[CardRisk]:
        return [self.risks[card] for card in card_tokens if card in self.risks]

    async def keep(self, assessment: Assessment, at: datetime, trace_id: str) -> None:
        self.assessments.append(assessment)


@dataclass
class FakeUpstream:
    """A service behind the gateway that always gives the same answer."""

    answer: Answer
    name: str = "payments"
    calls: list[Call] = field(default_factory=list)

    async def forward(self, call: Call) -> Answer:
        self.calls.append(call)
        return self.answer
