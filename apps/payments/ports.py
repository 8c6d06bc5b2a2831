"""What the use cases need from outside."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import KW_ONLY, dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from apps.kit.audit import Entry
from apps.kit.auth import Caller
from apps.kit.errors import Problem
from apps.kit.ops import Breakers
from apps.kit.values import Cents, Clock, Pan

from .domain.cards import Card, Expiry
from .domain.idempotency import Answer, Claim, Standing
from .domain.listing import Query
from .domain.orders import Fees, Limits, Screening, Terminal
from .domain.payment import Happened, Payment, Recorded, Status
from .domain.rules import BankAnswer
from .domain.sagas import EVERY_STEP, Step
from .domain.settlement import Batch


@dataclass(eq=False)
class BankSilent(Exception):
    """The bank gave no answer in time. `why` names the kind of silence."""

    why: str
    _: KW_ONLY
    timed_out: bool = False
    """It may have heard the question, and time was up before it answered."""
    is_away: bool = True
    """Nobody answered: others need not ask either."""
    was_asked: bool = True
    """Else a breaker, a bulkhead or the lack of a token kept us from it, the last time."""
    attempts: int = 1


@dataclass(eq=False)
class BankRefuses(Exception):
    """The bank will not hear this, and never will: nobody may stand in for it.

    `why` is its code, or the kind of nonsense that it said.
    """

    why: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """A step that the bank refused for good; somebody must look."""

    payment_id: UUID
    step: Step
    attempts: int
    error: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a step that finishes a payment as it is; `number` counts from 1."""

    payment_id: UUID
    step: Step
    number: int
    traceparent: str | None
    """Where the step was made due."""
    payment: Payment


class Store(Protocol):
    """The payments database, as far as one order goes."""

    async def terminal(self, pos_id: str) -> Terminal | None: ...
    async def card(self, pan: Pan, expiry: Expiry) -> Card: ...
    async def keep(
        self,
        happened: Sequence[Happened],
        claim: Claim | None = None,
        answer: Answer | None = None,
    ) -> None: ...
    async def payment(self, payment_id: UUID) -> Payment | None: ...
    async def history(self, payment_id: UUID) -> Sequence[Recorded]: ...
    async def standing(self, claim: Claim) -> Standing | None: ...
    async def take_over(self, claim: Claim, fence: int) -> int | None: ...
    async def refuse(
        self, claim: Claim, answer: Answer, entry: Entry | None = None
    ) -> bool: ...
    async def fees(self, merchant_id: str) -> Fees: ...
    async def payments(self, query: Query) -> Sequence[Payment]: ...
    async def terminals(
        self, merchant_id: str | None
    ) -> Sequence[Mapping[str, object]]: ...
    async def cards(self, merchant_id: str | None) -> Sequence[Card]: ...


class Steps(Protocol):
    """The payments database, as far as what finishes payments later goes."""

    def transaction(self) -> AbstractAsyncContextManager[object]: ...
    async def due(
        self, most: int, steps: Collection[Step] = EVERY_STEP
    ) -> Sequence[Attempt]: ...
    async def succeeded(self, done: Sequence[tuple[Attempt, str]]) -> None: ...
    async def failed(
        self, attempt: Attempt, error: str, after: timedelta, trace_id: str
    ) -> None: ...
    async def stuck(self) -> Sequence[Stuck]: ...
    async def retry(self, payment_id: UUID, step: Step, by: str) -> bool: ...
    async def postponed(self, attempt: Attempt, why: str, after: timedelta) -> None: ...
    async def hasten(self, steps: Collection[Step]) -> int: ...
    async def gave_up(self, attempt: Attempt, error: str, trace_id: str) -> None: ...
    async def undecided(
        self, before: datetime, status: Status
    ) -> Sequence[Payment]: ...
    async def abandoned(self, payment_id: UUID) -> Claim | None: ...
    async def expired(self, before: datetime) -> Sequence[Payment]: ...
    async def authorised_with(self, card_token: UUID) -> Sequence[Payment]: ...
    async def to_pay(self) -> Sequence[tuple[str, str]]: ...
    async def unsettled(
        self, batch_id: UUID, merchant_id: str, currency: str, most: int
    ) -> Batch: ...
    async def of_batch(self, batch: Batch) -> Sequence[Payment]: ...
    async def settle(
        self, batch: Batch, happened: Sequence[Happened], at: datetime, trace_id: str
    ) -> None: ...
    async def waiting(self) -> Mapping[Status, float]: ...
    async def ages(self) -> Mapping[Step, tuple[int, float]]: ...
    async def exposure(self) -> Cents: ...
    async def imbalance(self) -> int: ...


class Bank(Protocol):
    """All raise BankSilent for anything but an answer; steps, BankRefuses for a no."""

    @property
    def room(self) -> int | None:
        """How many questions it would hear now; None is any number."""

    @property
    def is_back(self) -> bool: ...
    def welcomed(self) -> None: ...
    async def authorise(
        self, payment: Payment, *, may_probe: bool = False
    ) -> BankAnswer: ...
    async def find(self, payment_id: UUID) -> BankAnswer | None: ...
    async def reverse(self, payment_id: UUID, reason: str) -> bool: ...
    async def capture(self, authorisation_id: UUID, amount: Cents) -> None: ...


class Fraud(Protocol):
    async def screen(self, card_token: UUID) -> Screening:
        """What fraud thinks of a card; unchecked when it does not say in time."""

    async def screen_all(self, cards: Collection[UUID]) -> Mapping[UUID, Screening]:
        """The same of many, asked at once: each of them has its screening."""


@dataclass(frozen=True, slots=True)
class Waits:
    """How long things may take."""

    bank_s: float
    """Past this the bank counts as silent."""
    abandoned: timedelta
    """An order that was left undecided for so long is given up."""
    held: timedelta
    """The bank holds an amount no longer than this."""


HOUSE = Caller("payments", frozenset({"payments:read", "payments:write"}))
"""Who works beside the requests, for any merchant; with the links that merchants have."""


@dataclass(frozen=True)
class Ports:
    store: Store
    steps: Steps
    bank: Bank
    fraud: Fraud
    limits: Limits
    waits: Waits
    clock: Clock
    new_id: Callable[[], UUID]
    fingerprint: Callable[[bytes], bytes]
    """Tells contents apart without keeping them."""
    render: Callable[[Payment, Caller], bytes]
    """The answer's bytes, kept to be the same again; with links for who asked first."""
    render_movement: Callable[[str, UUID, Cents, Payment, Caller], bytes]
    """The same for a capture, void or refund: kind, id, amount, payment after it."""
    render_problem: Callable[[Problem], bytes]
    """The same for a refusal that is final."""
    breakers: Breakers
    caller: Caller = HOUSE
    """For whom it is done; each request has ports of its own caller."""
