"""What the use cases need from outside, and what they answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from apps.kit.values import Clock, Pan

from .domain.cards import Card, Expiry
from .domain.idempotency import Claim, Standing
from .domain.payment import Payment, Recorded
from .domain.rules import BankAnswer, Limits, Order, Terminal
from .events import Decided


class BankSilent(Exception):
    """The bank gave no answer in time. `why` names the kind of silence."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Store(Protocol):
    async def terminal(self, pos_id: str) -> Terminal | None: ...
    async def card(self, pan: Pan, expiry: Expiry) -> Card: ...
    async def keep(
        self,
        payment: Payment,
        fresh: Sequence[Recorded],
        claim: Claim,
        decided: Decided | None = None,
    ) -> None: ...
    async def payment(self, payment_id: UUID) -> Payment | None: ...
    async def history(self, payment_id: UUID) -> Sequence[Recorded]: ...
    async def standing(self, claim: Claim) -> Standing | None: ...
    async def take_over(self, claim: Claim, fence: int) -> int | None: ...


class Bank(Protocol):
    async def authorise(
        self, request_id: UUID, order: Order, terminal: Terminal, card: Card
    ) -> BankAnswer: ...


@dataclass(frozen=True)
class Ports:
    store: Store
    bank: Bank
    limits: Limits
    clock: Clock
    new_id: Callable[[], UUID]
    bank_deadline_ms: int
    fingerprint: Callable[[bytes], bytes]
    """Tells contents apart without keeping them."""
    render: Callable[[Payment], bytes]
    """The answer's bytes, which are kept: asked again, they are the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    payment_id: UUID
    body: bytes
    first_at: datetime | None = None
    """When it was first given, if this is not the first time."""
