"""Decide an order once, keep the answer, announce it; asked again, repeat it."""

from typing import Literal
from uuid import UUID

from apps.kit.crashing import crash_point
from apps.kit.errors import Problem, Unprocessable
from apps.kit.signals import of_merchant, span, trace_id

from .. import signals
from ..domain.changes import (
    AuthorisationUnknown,
    PaymentReceived,
    ReversalRequested,
    deciding,
)
from ..domain.idempotency import Answer, Claim, content_of
from ..domain.life import Life, fold
from ..domain.orders import UNCHECKED, Order, Screening, Terminal
from ..domain.payment import (
    AlreadyClaimed,
    CapsReached,
    ConcurrentChange,
    DuplicateReference,
    Payment,
)
from ..domain.rules import (
    ASK_BANK,
    Decision,
    Source,
    Verdict,
    judge,
    refusal,
    too_much,
)
from ..ports import Ports
from .again import Changed, final, repeat
from .asking import OutOfTime, Till, ask

ROUTE = "POST /payments"


class UnknownPointOfSale(Unprocessable):
    title = "Unknown point of sale"
    reason = "INACTIVE_POS"


class InvalidCardNumber(Unprocessable):
    title = "Not a card number"
    reason = "INVALID_CARD_NUMBER"


class CurrencyNotTaken(Unprocessable):
    title = "The merchant does not take this currency"
    reason = "CURRENCY_NOT_TAKEN"


class ReferenceTaken(Problem):
    status, code = 409, "duplicate-reference"
    title = "The merchant has a payment under this reference"


@span("payments.pay")
async def pay(order: Order, key: str, ports: Ports) -> Answer:
    """Decide an order once, keep the answer, announce it; asked again, repeat it."""
    terminal = await _acceptable(order, ports)
    of_merchant(terminal.merchant_id)
    claim = Claim(
        terminal.merchant_id,
        ROUTE,
        ports.fingerprint(key.encode()),
        ports.fingerprint(content_of(order)),
        ports.new_id(),
    )
    life = Life(claim.payment_id, trace_id(), None, ports.caller.actor)
    till = Till(order, terminal, claim, life)
    try:
        return await _once(till, ports)
    except DuplicateReference as taken:
        problem = ReferenceTaken("Look for it in the list of payments.")
        if await final(problem, claim, ports):
            raise problem from taken
        raise Changed("Send it again.") from taken
    except ConcurrentChange as change:
        raise Changed("Send it again.") from change


async def _once(till: Till, ports: Ports) -> Answer:
    try:
        return await _decide(till, ports)
    except AlreadyClaimed:
        return await _again(till, ports)


async def _decide(till: Till, ports: Ports) -> Answer:
    """Take the payment from where it is to its answer."""
    order, life = till.order, till.life
    card = await ports.store.card(order.pan, order.expiry)
    if life.payment is None:
        life.happens(PaymentReceived.of(order, till.terminal, card), ports.clock())
    fraud = UNCHECKED
    today = ports.clock().date()
    decision = refusal(order, till.terminal, card, today=today)
    if decision is None:
        fraud = await _screen(card.token, ports)
        try:
            judged = _without_bank(judge(order, fraud, ports.limits), life)
            decision = judged or await ask(till, ports)
        except OutOfTime:
            return await _leave_pending(till, ports)
    return await _conclude(till, decision, fraud, ports)


async def _conclude(
    till: Till, decision: Decision, fraud: Screening, ports: Ports
) -> Answer:
    """Make the decision true; what the bank may hold of a refused payment goes back."""
    life, before, pending = till.life, till.life.payment, list(till.life.fresh)
    crash_point("payments.before_decision")
    payment = life.happens(deciding(decision, fraud), ports.clock())
    if decision.verdict is Verdict.DECLINED and _may_hold(before, decision):
        payment = life.happens(ReversalRequested("no answer"), ports.clock())
    body = ports.render(payment, ports.caller)
    answer = Answer(payment.payment_id, 201, body)
    try:
        await ports.store.keep(life.flush(), till.claim, answer)
    except CapsReached:
        signals.caps_reached(payment)
        life.payment, life.fresh = before, pending
        return await _conclude(till, too_much(decision.attempts), fraud, ports)
    crash_point("payments.after_decision")
    signals.decided(payment, decision, fraud)
    return answer


def _without_bank(
    judged: Decision | Literal["ask the bank"], life: Life
) -> Decision | None:
    """The shop's own decision, if it may have one: one who died may have asked the bank,
    and then no limit that was raised since makes its word superfluous."""
    if judged == ASK_BANK:
        return None
    was_asked = life.payment is not None and life.payment.version > 1
    return None if was_asked and judged.verdict is Verdict.AUTHORISED else judged


def _may_hold(before: Payment | None, decision: Decision) -> bool:
    """The bank was asked, now or by one who died since, and it is not its word we keep."""
    asked = before is not None and before.version > 1
    return asked and decision.source is not Source.BANK


async def _leave_pending(till: Till, ports: Ports) -> Answer:
    """The caller hears that we do not know; the payment is decided without him."""
    payment = till.life.happens(AuthorisationUnknown("deadline"), ports.clock())
    body = ports.render(payment, ports.caller)
    answer = Answer(payment.payment_id, 202, body)
    await ports.store.keep(till.life.flush(), till.claim, answer)
    signals.left_pending(payment)
    return answer


async def _again(till: Till, ports: Ports) -> Answer:
    """Repeat the answer; or finish what a dead process left behind."""
    repeated = await repeat(till.claim, ports)
    if isinstance(repeated, Answer):
        return repeated
    history = await ports.store.history(repeated.payment_id)
    till.claim = repeated
    who = ports.caller.actor
    till.life = Life(repeated.payment_id, trace_id(), fold(history), who)
    return await _decide(till, ports)


async def _acceptable(order: Order, ports: Ports) -> Terminal:
    """Where there is nothing to decide on there is no payment."""
    if not order.pan.is_valid:
        raise InvalidCardNumber("Check the digits.", pointer="/card/number")
    terminal = await ports.store.terminal(order.pos_id)
    if terminal is None or not ports.caller.acts_for(terminal.merchant_id):
        raise UnknownPointOfSale("No terminal has this id.", pointer="/pos_id")
    if order.currency != terminal.currency:
        raise CurrencyNotTaken("GET /pos tells which it takes.", pointer="/currency")
    return terminal


async def _screen(card_token: UUID, ports: Ports) -> Screening:
    fraud = await ports.fraud.screen(card_token)
    signals.screened(fraud)
    return fraud
