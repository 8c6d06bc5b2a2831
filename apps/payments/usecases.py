"""What payments can be asked to do."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.kit.errors import NotFound, Unprocessable
from apps.kit.events import CloudEvent
from apps.kit.signals import span, trace_id
from apps.kit.values import Clock, Pan

from . import signals
from .domain.cards import Card, Expiry
from .domain.changes import AuthorisationRequested, PaymentReceived, deciding
from .domain.payment import Life, Payment, Recorded
from .domain.rules import (
    ASK_BANK,
    BankAnswer,
    Decision,
    Limits,
    Order,
    Terminal,
    heed,
    judge,
    stand_in,
)
from .events import PaymentDecided


class UnknownPointOfSale(Unprocessable):
    title = "Unknown point of sale"
    reason = "INACTIVE_POS"


class InvalidCardNumber(Unprocessable):
    title = "Not a card number"
    reason = "INVALID_CARD_NUMBER"


class UnknownPayment(NotFound):
    title = "Unknown payment"


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
        event: CloudEvent[PaymentDecided] | None = None,
    ) -> None: ...
    async def payment(self, payment_id: UUID) -> Payment | None: ...


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


@span("payments.pay")
async def pay(order: Order, ports: Ports) -> Payment:
    """Decide an order, keep the answer, announce it."""
    terminal = await _acceptable(order, ports)
    card = await ports.store.card(order.pan, order.expiry)
    life = Life(ports.new_id(), trace_id())
    life.happens(PaymentReceived.of(order, terminal, card), ports.clock())

    decision = judge(order, terminal, card, ports.limits, today=ports.clock().date())
    if decision == ASK_BANK:
        decision = await _ask(life, order, terminal, card, ports)

    payment = life.happens(deciding(decision), ports.clock())
    await ports.store.keep(payment, life.flush(), PaymentDecided.of(payment, decision))
    signals.decided(payment, decision)
    return payment


async def find(payment_id: UUID, ports: Ports) -> Payment:
    """Fetch a payment as it stands."""
    payment = await ports.store.payment(payment_id)
    if payment is None:
        raise UnknownPayment("No payment has this id.")
    return payment


async def _acceptable(order: Order, ports: Ports) -> Terminal:
    """Where there is nothing to decide on there is no payment."""
    if not order.pan.is_valid:
        raise InvalidCardNumber("Check the digits.", pointer="/card/number")
    terminal = await ports.store.terminal(order.pos_id)
    if terminal is None:
        raise UnknownPointOfSale("No terminal has this id.", pointer="/pos_id")
    return terminal


async def _ask(
    life: Life, order: Order, terminal: Terminal, card: Card, ports: Ports
) -> Decision:
    """Keep that the bank will be asked, ask it, and stand in for it if it is silent."""
    asked = AuthorisationRequested(life.payment_id, 1, ports.bank_deadline_ms)
    await ports.store.keep(life.happens(asked, ports.clock()), life.flush())
    begun = time.perf_counter()
    try:
        answer = await ports.bank.authorise(life.payment_id, order, terminal, card)
    except BankSilent as silence:
        signals.bank_silent(order, time.perf_counter() - begun, silence.why)
        return stand_in(order, ports.limits)
    signals.bank_answered(time.perf_counter() - begun)
    return heed(answer)
