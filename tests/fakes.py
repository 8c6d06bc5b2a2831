"""Fakes that stand behind the ports; each can be read at a glance."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

from apps.fraud.domain import Assessment, CardRisk, Status
from apps.fraud.events import CardFlagged
from apps.gateway.domain import Answer, Call
from apps.kit.events import CloudEvent
from apps.kit.values import Cents, Pan
from apps.payments.domain.cards import Card, Expiry, brand_of
from apps.payments.domain.idempotency import Claim, Standing
from apps.payments.domain.payment import (
    AlreadyClaimed,
    ConcurrentChange,
    Payment,
    Recorded,
    fold,
)
from apps.payments.domain.rules import BankAnswer, Order, Terminal
from apps.payments.events import Decided, PaymentDecided
from apps.payments.ports import BankSilent

PAN = Pan("5204460010000007")
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

TERMINALS = {
    "POS-01": Terminal("POS-01", "M-01", is_active=True),
    "POS-03": Terminal("POS-03", "M-02", is_active=False),
}


def order(amount: int = 5_000, pos_id: str = "POS-01", pan: Pan = PAN) -> Order:
    return Order(pos_id, pan, Expiry(12, 2030), Cents(amount), "EUR")


def ids() -> UUID:
    """One id after another, the same in each run."""
    return UUID(int=next(_numbers))


_numbers = count(1)


@dataclass
class FakePayments:
    """The payments database, as a few dictionaries."""

    cards: dict[str, Card] = field(default_factory=dict)
    histories: dict[UUID, list[Recorded]] = field(default_factory=dict)
    events: list[CloudEvent[PaymentDecided]] = field(default_factory=list)
    claims: dict[tuple[str, str, bytes], Standing] = field(default_factory=dict)

    async def terminal(self, pos_id: str) -> Terminal | None:
        return TERMINALS.get(pos_id)

    async def card(self, pan: Pan, expiry: Expiry) -> Card:
        new = Card(uuid4(), brand_of(pan), pan.last4)
        return self.cards.setdefault(pan.digits, new)

    async def block(self, card: Card, reason: str) -> None:
        for digits, known in self.cards.items():
            if known.token == card.token:
                self.cards[digits] = replace(known, is_blocked=True)

    async def keep(
        self,
        payment: Payment,
        fresh: Sequence[Recorded],
        claim: Claim,
        decided: Decided | None = None,
    ) -> None:
        place = (claim.merchant_id, claim.route, claim.key_digest)
        history = self.histories.get(payment.payment_id, [])
        found = self.claims.get(place)
        if fresh[0].seq == 1 and found:
            raise AlreadyClaimed
        if fresh[0].seq != len(history) + 1:
            raise ConcurrentChange
        if decided and found and (found.body or found.fence != claim.fence):
            raise ConcurrentChange
        self.histories[payment.payment_id] = [*history, *fresh]
        self.events.extend([decided.event] if decided else [])
        first_at = found.first_at if found else NOW
        body = decided.body if decided else None
        self.claims[place] = Standing(
            claim.fingerprint, claim.payment_id, claim.fence, first_at, body, True
        )

    async def standing(self, claim: Claim) -> Standing | None:
        return self.claims.get((claim.merchant_id, claim.route, claim.key_digest))

    async def take_over(self, claim: Claim, fence: int) -> int | None:
        place = (claim.merchant_id, claim.route, claim.key_digest)
        found = self.claims[place]
        if found.is_leased or found.body or found.fence != fence:
            return None
        self.claims[place] = replace(found, fence=fence + 1, is_leased=True)
        return fence + 1

    def holder_dies(self) -> None:
        """Every lease runs out."""
        self.claims = {
            place: replace(found, is_leased=False)
            for place, found in self.claims.items()
        }

    async def payment(self, payment_id: UUID) -> Payment | None:
        return fold(await self.history(payment_id))

    async def history(self, payment_id: UUID) -> Sequence[Recorded]:
        return self.histories.get(payment_id, [])


@dataclass
class FakeBank:
    """Says what it was told to say, and remembers who asked."""

    approved: bool = True
    silent: bool = False
    asked: list[UUID] = field(default_factory=list)

    async def authorise(
        self, request_id: UUID, order: Order, terminal: Terminal, card: Card
    ) -> BankAnswer:
        self.asked.append(request_id)
        if self.silent:
            raise BankSilent("ConnectError")
        return BankAnswer(uuid4(), self.approved, "00" if self.approved else "05")


@dataclass
class FakeRisks:
    """Fraud's database; what it announces and answers is kept to be looked at."""

    risks: dict[UUID, CardRisk] = field(default_factory=dict)
    events: list[CloudEvent[CardFlagged]] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)

    @asynccontextmanager
    async def counted(self, card_token: UUID, at: datetime) -> AsyncIterator[CardRisk]:
        unknown = CardRisk(card_token, 0, Status.GREEN, 0, at, 0)
        risk = self.risks.get(card_token, unknown)
        self.risks[card_token] = replace(risk, count=risk.count + 1)
        yield self.risks[card_token]

    async def save(self, risk: CardRisk) -> None:
        self.risks[risk.card_token] = risk

    async def announce(self, event: CloudEvent[CardFlagged]) -> None:
        self.events.append(event)

    async def risk(self, card_token: UUID) -> CardRisk | None:
        return self.risks.get(card_token)

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
