"""What payments can be asked to do."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.kit.errors import NotFound, Unprocessable
from apps.kit.events import CloudEvent
from apps.kit.signals import span, trace_id
from apps.kit.values import Clock, Pan

from . import signals
from .domain import (
    ASK_BANK,
    BankAnswer,
    Card,
    Decision,
    Limits,
    Order,
    Payment,
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
    async def card(self, pan: Pan) -> Card: ...
    async def save(
        self, payment: Payment, event: CloudEvent[PaymentDecided]
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


@span("payments.pay")
async def pay(order: Order, ports: Ports) -> Payment:
    """Decide an order, keep the answer, announce it."""
    if not order.pan.is_valid:
        raise InvalidCardNumber("Check the digits.", pointer="/card/number")
    terminal = await ports.store.terminal(order.pos_id)
    if terminal is None:
        raise UnknownPointOfSale("No terminal has this id.", pointer="/pos_id")

    payment_id = ports.new_id()
    card = await ports.store.card(order.pan)
    decision = judge(order, terminal, card, ports.limits)
    if decision == ASK_BANK:
        decision = await _ask(payment_id, order, terminal, card, ports)

    payment = _payment(payment_id, order, terminal, card, decision, ports=ports)
    await ports.store.save(payment, PaymentDecided.of(payment))
    signals.decided(payment)
    return payment


async def find(payment_id: UUID, ports: Ports) -> Payment:
    """Fetch a payment as it was decided."""
    payment = await ports.store.payment(payment_id)
    if payment is None:
        raise UnknownPayment("No payment has this id.")
    return payment


async def _ask(
    payment_id: UUID, order: Order, terminal: Terminal, card: Card, ports: Ports
) -> Decision:
    """Ask the bank under the payment's own id; stand in for it when it is silent."""
    begun = time.perf_counter()
    try:
        answer = await ports.bank.authorise(payment_id, order, terminal, card)
    except BankSilent as silence:
        signals.bank_silent(order, time.perf_counter() - begun, silence.why)
        return stand_in(order, ports.limits)
    signals.bank_answered(time.perf_counter() - begun)
    return heed(answer)


def _payment(
    payment_id: UUID,
    order: Order,
    terminal: Terminal,
    card: Card,
    decision: Decision,
    *,
    ports: Ports,
) -> Payment:
    return Payment(
        payment_id,
        terminal.merchant_id,
        order.pos_id,
        card,
        order.amount,
        order.currency,
        decision,
        ports.clock(),
        trace_id(),
    )
