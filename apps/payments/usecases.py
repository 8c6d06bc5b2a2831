"""What payments can be asked to do."""

import time
from dataclasses import replace
from uuid import UUID

from apps.kit.errors import NotFound, Problem, Unprocessable
from apps.kit.signals import span, trace_id

from . import signals
from .domain.cards import Card
from .domain.changes import AuthorisationRequested, PaymentReceived, deciding
from .domain.idempotency import Claim, content_of
from .domain.payment import (
    AlreadyClaimed,
    ConcurrentChange,
    Life,
    Payment,
    fold,
)
from .domain.rules import (
    ASK_BANK,
    Decision,
    Order,
    Terminal,
    heed,
    judge,
    stand_in,
)
from .events import Decided, PaymentDecided
from .idempotency import InFlight, KeyReused
from .ports import Answer, BankSilent, Ports

ROUTE = "POST /payments"


class UnknownPointOfSale(Unprocessable):
    title = "Unknown point of sale"
    reason = "INACTIVE_POS"


class InvalidCardNumber(Unprocessable):
    title = "Not a card number"
    reason = "INVALID_CARD_NUMBER"


class UnknownPayment(NotFound):
    title = "Unknown payment"


class Changed(Problem):
    status, code, title = 409, "invalid-state", "Something else happened meanwhile"


@span("payments.pay")
async def pay(order: Order, key: str, ports: Ports) -> Answer:
    """Decide an order once, keep the answer, announce it; asked again, repeat it."""
    terminal = await _acceptable(order, ports)
    claim = Claim(
        terminal.merchant_id,
        ROUTE,
        ports.fingerprint(key.encode()),
        ports.fingerprint(content_of(order)),
        ports.new_id(),
    )
    try:
        life = Life(claim.payment_id, trace_id())
        return await _decide(life, order, terminal, claim, ports=ports)
    except AlreadyClaimed:
        return await _again(claim, order, terminal, ports)
    except ConcurrentChange as change:
        raise Changed("Send it again.") from change


async def _decide(
    life: Life, order: Order, terminal: Terminal, claim: Claim, *, ports: Ports
) -> Answer:
    """Take the payment from where it is to its answer."""
    card = await ports.store.card(order.pan, order.expiry)
    if life.payment is None:
        life.happens(PaymentReceived.of(order, terminal, card), ports.clock())
    decision = judge(order, terminal, card, ports.limits, today=ports.clock().date())
    if decision == ASK_BANK:
        decision = await _ask(life, order, terminal, card, claim, ports=ports)

    payment = life.happens(deciding(decision), ports.clock())
    decided = Decided(PaymentDecided.of(payment, decision), ports.render(payment))
    await ports.store.keep(payment, life.flush(), claim, decided)
    signals.decided(payment, decision)
    return Answer(payment.payment_id, decided.body)


async def _again(
    claim: Claim, order: Order, terminal: Terminal, ports: Ports
) -> Answer:
    """Repeat the answer; or finish what a dead process left behind."""
    found = await ports.store.standing(claim)
    if found is None:
        raise Changed("Send it again.")
    if found.fingerprint != claim.fingerprint:
        signals.asked_again(found.payment_id, "reused")
        raise KeyReused("Make a new key for a new order.")
    if found.body is not None:
        signals.asked_again(found.payment_id, "replayed")
        return Answer(found.payment_id, found.body, found.first_at)
    fence = None
    if not found.is_leased:
        fence = await ports.store.take_over(claim, found.fence)
    if fence is None:
        signals.asked_again(found.payment_id, "in_flight")
        raise InFlight("Ask again in a second, with the same key.")
    signals.asked_again(found.payment_id, "resumed")
    claim = replace(claim, payment_id=found.payment_id, fence=fence)
    history = await ports.store.history(found.payment_id)
    life = Life(found.payment_id, trace_id(), fold(history))
    return await _decide(life, order, terminal, claim, ports=ports)


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
    life: Life,
    order: Order,
    terminal: Terminal,
    card: Card,
    claim: Claim,
    *,
    ports: Ports,
) -> Decision:
    """Keep that the bank will be asked, ask it, and stand in for it if it is silent."""
    attempt = life.payment.version if life.payment else 1
    asked = AuthorisationRequested(life.payment_id, attempt, ports.bank_deadline_ms)
    await ports.store.keep(life.happens(asked, ports.clock()), life.flush(), claim)
    begun = time.perf_counter()
    try:
        answer = await ports.bank.authorise(life.payment_id, order, terminal, card)
    except BankSilent as silence:
        signals.bank_silent(order, time.perf_counter() - begun, silence.why)
        return stand_in(order, ports.limits)
    signals.bank_answered(time.perf_counter() - begun)
    return heed(answer)
