"""Fakes that stand behind the ports of payments; each can be read at a glance."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from inspect import iscoroutinefunction
from typing import Any
from uuid import UUID, uuid4

from apps.kit.audit import Entry
from apps.kit.events import CloudEvent
from apps.kit.values import Cents, Pan
from apps.payments.announcing import announcements
from apps.payments.auditing import entries
from apps.payments.domain.booking import Kind, Transfer
from apps.payments.domain.cards import Card, Expiry, brand_of
from apps.payments.domain.changes import PaymentCaptured, PaymentRefunded
from apps.payments.domain.idempotency import Answer, Claim, Standing
from apps.payments.domain.ledger import settlement, transfers
from apps.payments.domain.life import fold
from apps.payments.domain.listing import Query
from apps.payments.domain.orders import Exposure, Fees, Limits, Screening, Terminal
from apps.payments.domain.payment import (
    AlreadyClaimed,
    CapsReached,
    ConcurrentChange,
    DuplicateReference,
    Happened,
    Payment,
    Recorded,
    StandIn,
    Status,
)
from apps.payments.domain.rules import BankAnswer, within_caps
from apps.payments.domain.sagas import EVERY_STEP, Pace, Step, done_with, due_after
from apps.payments.domain.settlement import Batch, Debt, Repayment
from apps.payments.events import Announced
from apps.payments.ports import Attempt, BankSilent, Stuck
from tests.fakes import NOW, TERMINALS

LIMITS = Limits(Cents(10_000), Cents(20_000), 3, Cents(5_000_000))
PACE = Pace(timedelta(seconds=5), timedelta(seconds=5))
FEES = Fees(140, Cents(25))

Place = tuple[str, str, bytes]


@dataclass
class Clock:
    """It stands still until time is told to pass."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def passes(self, **time: float) -> None:
        self.at += timedelta(**time)


def place_of(claim: Claim) -> Place:
    return claim.merchant_id, claim.route, claim.key_digest


@dataclass
class FakePayments:
    """The payments database, as a few dictionaries."""

    known: dict[str, Card] = field(default_factory=dict)
    histories: dict[UUID, list[Recorded]] = field(default_factory=dict)
    rows: dict[UUID, Payment] = field(default_factory=dict)
    events: list[CloudEvent[Announced]] = field(default_factory=list)
    claims: dict[Place, Standing] = field(default_factory=dict)
    audited: list[Entry] = field(default_factory=list)
    booked: list[Transfer] = field(default_factory=list)
    sagas: dict[tuple[UUID, Step], str] = field(default_factory=dict)
    debts: dict[UUID, Debt] = field(default_factory=dict)
    repayments: dict[UUID, Repayment] = field(default_factory=dict)
    batches: list[Batch] = field(default_factory=list)
    refunds_of: dict[UUID, UUID] = field(default_factory=dict)

    async def terminal(self, pos_id: str) -> Terminal | None:
        return TERMINALS.get(pos_id)

    async def terminals(self, merchant_id: str | None) -> list[dict[str, object]]:
        return [
            {
                "pos_id": each.pos_id,
                "merchant_id": each.merchant_id,
                "name": each.merchant_id,
                "location": "Blois",
                "active": each.is_active,
                "currency": each.currency,
                "capture_method": each.capture,
            }
            for each in TERMINALS.values()
            if merchant_id in {None, each.merchant_id}
        ]

    async def fees(self, merchant_id: str) -> Fees:
        return FEES

    async def card(self, pan: Pan, expiry: Expiry) -> Card:
        new = Card(uuid4(), brand_of(pan), pan.last4)
        return self.known.setdefault(pan.digits, new)

    async def cards(self, merchant_id: str | None) -> list[Card]:
        rows = self.rows.values()
        seen = {row.card.token for row in rows if row.merchant_id == merchant_id}
        known = sorted(self.known.values(), key=lambda card: card.token, reverse=True)
        return [card for card in known if not merchant_id or card.token in seen][:100]

    async def block(self, card: Card, reason: str) -> None:
        for digits, known in self.known.items():
            if known.token == card.token:
                self.known[digits] = replace(known, is_blocked=True)

    async def keep(
        self,
        happened: Sequence[Happened],
        claim: Claim | None = None,
        answer: Answer | None = None,
    ) -> None:
        payment = happened[-1].payment
        if claim:
            self._check(claim, answer)
        history = self.histories.get(payment.payment_id, [])
        if happened[0].recorded.seq != len(history) + 1:
            raise ConcurrentChange
        self._check_reference(payment)
        self._check_caps(payment)
        if claim:
            self._claim(claim, answer)
        fresh = [each.recorded for each in happened]
        self.histories[payment.payment_id] = [*history, *fresh]
        self.rows[payment.payment_id] = payment
        self.events.extend(announcements(happened))
        self.audited.extend(entries(happened))
        for each in happened:
            self._follow(each)

    def _check(self, claim: Claim, answer: Answer | None) -> None:
        found = self.claims.get(place_of(claim))
        if claim.fence is None and found:
            raise AlreadyClaimed
        if answer and found and (found.body or found.fence != claim.fence):
            raise ConcurrentChange

    def _claim(self, claim: Claim, answer: Answer | None) -> None:
        found = self.claims.get(place_of(claim))
        self.claims[place_of(claim)] = Standing(
            claim.fingerprint,
            claim.payment_id,
            claim.fence or 1,
            found.first_at if found else NOW,
            answer.status if answer else None,
            answer.body if answer else None,
            is_leased=True,
        )

    def _check_reference(self, payment: Payment) -> None:
        for other in self.rows.values():
            if (
                payment.merchant_reference
                and other.payment_id != payment.payment_id
                and (other.merchant_id, other.merchant_reference)
                == (payment.merchant_id, payment.merchant_reference)
            ):
                raise DuplicateReference

    def _check_caps(self, payment: Payment) -> None:
        known = self.rows.get(payment.payment_id)
        if payment.standin is not StandIn.OPEN or (known and known.standin):
            return
        others = [row for row in self.rows.values() if row.standin]
        since = payment.created_at - timedelta(hours=24)
        of_card = [
            row
            for row in others
            if row.card.token == payment.card.token and row.created_at > since
        ]
        total = sum(row.amount for row in others if row.standin is StandIn.OPEN)
        exposure = Exposure(len(of_card), Cents(total))
        if not within_caps(payment.amount, exposure, LIMITS):
            raise CapsReached

    def _follow(self, happened: Happened) -> None:
        event, payment_id = happened.event, happened.payment.payment_id
        self.booked.extend(transfers(happened))
        for due in due_after(happened, PACE):
            known = self.sagas.setdefault((payment_id, due.step), "due")
            if due.step is Step.FRAUD_VOID and known == "done":
                self.sagas[payment_id, due.step] = "due"
        for step in done_with(happened):
            if (payment_id, step) in self.sagas:  # a stuck one too
                self.sagas[payment_id, step] = "done"
        if isinstance(event, PaymentCaptured):
            self.debts[payment_id] = Debt(payment_id, event.amount, event.fee)
        if isinstance(event, PaymentRefunded):
            refund = Repayment(event.refund_id, event.amount)
            self.repayments[event.refund_id] = refund
            self.refunds_of[event.refund_id] = payment_id

    async def standing(self, claim: Claim) -> Standing | None:
        return self.claims.get(place_of(claim))

    async def take_over(self, claim: Claim, fence: int) -> int | None:
        found = self.claims[place_of(claim)]
        if found.is_leased or found.body or found.fence != fence:
            return None
        self.claims[place_of(claim)] = replace(found, fence=fence + 1, is_leased=True)
        return fence + 1

    async def refuse(
        self, claim: Claim, answer: Answer, entry: Entry | None = None
    ) -> bool:
        if place_of(claim) in self.claims:
            return False
        if entry:
            self.audited.append(entry)
        self._claim(claim, answer)
        return True

    def holder_dies(self) -> None:
        """Every lease runs out."""
        self.claims = {
            place: replace(found, is_leased=False)
            for place, found in self.claims.items()
        }

    async def payment(self, payment_id: UUID) -> Payment | None:
        return fold(await self.history(payment_id))

    async def payments(self, query: Query) -> list[Payment]:
        found = [
            payment
            for payment in sorted(self.rows.values(), key=lambda each: each.payment_id)
            if query.status in {None, payment.status}
            and query.pos_id in {None, payment.pos_id}
            and (query.since is None or payment.created_at >= query.since)
            and (query.until is None or payment.created_at < query.until)
            and (query.after is None or payment.payment_id < query.after)
            and query.merchant_id in {None, payment.merchant_id}
        ]
        return found[::-1][: query.limit]

    async def history(self, payment_id: UUID) -> Sequence[Recorded]:
        return self.histories.get(payment_id, [])


@dataclass
class FakeSteps:
    """The same database, as what finishes payments later sees it; all is due at once."""

    store: FakePayments
    tried: dict[tuple[UUID, Step], int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        yield

    async def due(
        self, most: int, steps: Collection[Step] = EVERY_STEP
    ) -> list[Attempt]:
        due = [
            place
            for place, state in self.store.sagas.items()
            if state == "due" and place[1] in steps
        ]
        for place in due[:most]:
            self.tried[place] = self.tried.get(place, 0) + 1
        return [
            Attempt(*place, self.tried[place], None, self.store.rows[place[0]])
            for place in due[:most]
        ]

    async def succeeded(self, done: Sequence[tuple[Attempt, str]]) -> None:
        for attempt, _ in done:
            self.store.sagas[attempt.payment_id, attempt.step] = "done"

    async def failed(
        self, attempt: Attempt, error: str, after: timedelta, trace_id: str
    ) -> None:
        self.errors.append(error)

    async def postponed(self, attempt: Attempt, why: str, after: timedelta) -> None:
        self.tried[attempt.payment_id, attempt.step] -= 1
        self.errors.append(why)

    async def hasten(self, steps: Collection[Step]) -> int:
        """All is due at once as it is; it counts what would be hastened."""
        due = [place for place, state in self.store.sagas.items() if state == "due"]
        return len(
            [place for place in due if place[1] in steps and place in self.tried]
        )

    async def note(self, entry: Entry) -> None:
        self.store.audited.append(entry)

    async def gave_up(self, attempt: Attempt, error: str, trace_id: str) -> None:
        self.store.sagas[attempt.payment_id, attempt.step] = "stuck"
        self.errors.append(error)

    async def stuck(self) -> list[Stuck]:
        return [
            Stuck(*place, self.tried[place], self.errors[-1], NOW)
            for place, state in self.store.sagas.items()
            if state == "stuck"
        ]

    async def retry(self, payment_id: UUID, step: Step, by: str) -> bool:
        if self.store.sagas.get((payment_id, step)) != "stuck":
            return False
        which = {"saga.step": step}
        self.store.audited.append(
            Entry(by, "step.retry", str(payment_id), "due", which)
        )
        self.store.sagas[payment_id, step] = "due"
        return True

    async def undecided(self, before: datetime, status: Status) -> list[Payment]:
        return [
            row
            for row in self.store.rows.values()
            if row.status is status and row.created_at < before
        ]

    async def abandoned(self, payment_id: UUID) -> Claim | None:
        for place, found in self.store.claims.items():
            if found.payment_id == payment_id and not found.is_leased:
                return Claim(*place, found.fingerprint, payment_id, found.fence)
        return None

    async def expired(self, before: datetime) -> list[Payment]:
        return [
            row
            for row in self.store.rows.values()
            if row.status is Status.AUTHORISED and row.created_at < before
        ]

    async def authorised_with(self, card_token: UUID) -> list[Payment]:
        return [
            row
            for row in self.store.rows.values()
            if row.status is Status.AUTHORISED and row.card.token == card_token
        ]

    async def to_pay(self) -> list[tuple[str, str]]:
        rows = self.store.rows.values()
        return sorted({(row.merchant_id, row.currency) for row in rows})

    async def unsettled(
        self, batch_id: UUID, merchant_id: str, currency: str, most: int
    ) -> Batch:
        rows, settled = self.store.rows, _settled(self.store)
        debts = [
            replace(debt, is_lost=rows[whose].standin is StandIn.REJECTED)
            for whose, debt in self.store.debts.items()
            if whose not in settled
            and rows[whose].merchant_id == merchant_id
            and rows[whose].standin is not StandIn.OPEN
            and self.store.sagas.get((whose, Step.BANK_CAPTURE), "done") == "done"
        ]
        repaid = {
            each.refund_id for done in self.store.batches for each in done.repayments
        }
        debts = debts[:most]
        paid = settled | {debt.payment_id for debt in debts}
        repayments = [
            replace(refund, is_lost=rows[whose].standin is StandIn.REJECTED)
            for refund_id, refund in self.store.repayments.items()
            if refund_id not in repaid
            and (whose := self.store.refunds_of[refund_id]) in paid
            and rows[whose].merchant_id == merchant_id
        ]
        return Batch(batch_id, merchant_id, currency, debts, repayments)

    async def of_batch(self, batch: Batch) -> list[Payment]:
        return [self.store.rows[debt.payment_id] for debt in batch.debts]

    async def settle(
        self, batch: Batch, happened: Sequence[Happened], at: datetime, trace_id: str
    ) -> None:
        self.store.batches.append(batch)
        for each in happened:
            await self.store.keep([each])
        self.store.booked.extend(settlement(batch))

    async def waiting(self) -> dict[Status, float]:
        undecided = {Status.RECEIVED, Status.PENDING}
        return {
            row.status: 1.0
            for row in self.store.rows.values()
            if row.status in undecided
        }

    async def ages(self) -> dict[Step, tuple[int, float]]:
        due = [step for (_, step), state in self.store.sagas.items() if state == "due"]
        return {step: (due.count(step), 1.0) for step in due}

    async def exposure(self) -> Cents:
        rows = self.store.rows.values()
        return Cents(sum(row.amount for row in rows if row.standin is StandIn.OPEN))

    async def imbalance(self) -> int:
        sums = [
            sum(entry.amount for entry in each.entries) for each in self.store.booked
        ]
        return sum(total != 0 for total in sums)


def _settled(store: FakePayments) -> set[UUID]:
    return {debt.payment_id for batch in store.batches for debt in batch.debts}


@dataclass
class FakeBank:
    """Says what it was told to say, and remembers what it was asked."""

    approved: bool = True
    silent: bool = False
    late: bool = False
    """Acts on what it is asked, and answers too late."""
    hears: int | None = None
    """So many questions pass its breaker; None is any number."""
    back: bool = False
    asked: list[UUID] = field(default_factory=list)
    answers: dict[UUID, BankAnswer] = field(default_factory=dict)
    reversed: set[UUID] = field(default_factory=set)
    captured: dict[UUID, Cents] = field(default_factory=dict)

    @property
    def room(self) -> int | None:
        return self.hears

    @property
    def is_back(self) -> bool:
        return self.back

    def welcomed(self) -> None:
        self.back = False

    async def authorise(
        self, payment: Payment, *, may_probe: bool = False
    ) -> BankAnswer:
        if self.hears == 0:
            raise BankSilent("BreakerOpen", was_asked=False, attempts=0)
        self.asked.append(payment.payment_id)
        if self.silent:
            raise BankSilent("ConnectError")
        approved = self.approved and payment.payment_id not in self.reversed
        answer = BankAnswer(uuid4(), approved, "00" if approved else "05")
        kept = self.answers.setdefault(payment.payment_id, answer)
        if self.late:
            raise BankSilent("ReadTimeout", timed_out=True)
        return kept

    async def find(self, payment_id: UUID) -> BankAnswer | None:
        if self.silent:
            raise BankSilent("ConnectError")
        return self.answers.get(payment_id)

    async def reverse(self, payment_id: UUID, reason: str) -> bool:
        if self.silent:
            raise BankSilent("ConnectError")
        self.reversed.add(payment_id)
        known = self.answers.get(payment_id)
        if known:
            assert known.authorisation_id not in self.captured
            self.answers[payment_id] = replace(known, approved=False)
        if self.late:
            raise BankSilent("ReadTimeout", timed_out=True)
        return known is None

    async def capture(self, authorisation_id: UUID, amount: Cents) -> None:
        if self.silent:
            raise BankSilent("ConnectError")
        held = [said for said in self.answers.values() if said.approved]
        assert authorisation_id in {said.authorisation_id for said in held}
        assert self.captured.setdefault(authorisation_id, amount) == amount
        if self.late:
            raise BankSilent("ReadTimeout", timed_out=True)

    @property
    def holds(self) -> set[UUID]:
        """The payments that it holds money for."""
        approved = {whose for whose, said in self.answers.items() if said.approved}
        return approved - self.reversed


class Died(BaseException):
    """The process is no more: nothing catches it, nothing is tidied up."""


@dataclass
class Fuse:
    """Kills the process when so many more things were done; None is never."""

    length: int | None = None

    def burns(self) -> None:
        if self.length is None:
            return
        self.length -= 1
        if self.length < 0:
            self.length = None
            raise Died


@dataclass
class Mortal:
    """Does what it stands for, unless the process dies just before, or just after."""

    does: Any
    fuse: Fuse

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.does, name)
        if not iscoroutinefunction(method):
            return method

        async def done(*args: Any, **kwargs: Any) -> Any:
            self.fuse.burns()
            result = await method(*args, **kwargs)
            self.fuse.burns()
            return result

        return done


@dataclass
class FakeFraud:
    """Thinks of every card what it was told to think."""

    screening: Screening = field(
        default_factory=lambda: Screening("GREEN", checked=True)
    )
    asked: list[UUID] = field(default_factory=list)
    bad: set[UUID] = field(default_factory=set)
    rounds: list[Collection[UUID]] = field(default_factory=list)

    async def screen(self, card_token: UUID) -> Screening:
        self.asked.append(card_token)
        if card_token in self.bad:
            return Screening("RED", checked=True)
        return self.screening

    async def screen_all(self, cards: Collection[UUID]) -> Mapping[UUID, Screening]:
        self.rounds.append(cards)
        return {card: await self.screen(card) for card in cards}


def sums(booked: Sequence[Transfer]) -> int:
    """What all posted entries sum up to."""
    return sum(
        entry.amount
        for transfer in booked
        if transfer.kind is not Kind.PENDING
        for entry in transfer.entries
    )
