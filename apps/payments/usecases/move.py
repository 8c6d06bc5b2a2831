"""Capture, void and refund: what a merchant does with a payment that was authorised."""

from collections.abc import Callable
from uuid import UUID

from apps.kit.audit import Entry
from apps.kit.errors import NotFound, Problem, Unprocessable
from apps.kit.signals import Facts, of_merchant, span, trace_id
from apps.kit.values import Cents

from .. import signals
from ..domain.booking import fee
from ..domain.changes import (
    Event,
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
    VoidReason,
)
from ..domain.idempotency import Answer, Claim, canonical
from ..domain.life import Life, let_go
from ..domain.orders import Fees
from ..domain.payment import (
    AlreadyClaimed,
    ConcurrentChange,
    InvalidState,
    Payment,
    TooMuch,
)
from ..ports import Ports
from .again import Changed, final, repeat

TRIES = 3
"""Two merchants' clerks at once: the second reads again."""

Wish = Callable[[Payment, UUID], Event]
"""What is to happen to a payment, under the id that the movement gets."""


class UnknownPayment(NotFound):
    title = "Unknown payment"


class WrongState(Problem):
    status, code = 409, "invalid-state"
    title = "This cannot happen to the payment as it is"


class AmountTooLarge(Unprocessable):
    code = "amount-exceeds-authorised"
    title = "There is not so much to move"
    reason = "AMOUNT_TOO_LARGE"


@span("payments.capture")
async def capture(
    payment_id: UUID, amount: Cents | None, key: str, ports: Ports
) -> Answer:
    """Take what was authorised, or a part of it; the rest is released."""
    payment = await find(payment_id, ports)
    fees = await ports.store.fees(payment.merchant_id)

    def wish(payment: Payment, capture_id: UUID) -> Event:
        return captured(payment, capture_id, amount or payment.amount, fees)

    return await _move(payment, "capture", amount, key, wish, ports=ports)


@span("payments.void")
async def void(payment_id: UUID, key: str, ports: Ports) -> Answer:
    """Let an authorised payment go; the bank is made to let go too."""
    payment = await find(payment_id, ports)

    def wish(_: Payment, void_id: UUID) -> Event:
        return PaymentVoided(void_id, VoidReason.MERCHANT)

    return await _move(payment, "void", None, key, wish, ports=ports)


@span("payments.refund")
async def refund(
    payment_id: UUID, amount: Cents | None, key: str, ports: Ports
) -> Answer:
    """Give back what was captured, or a part of it."""
    payment = await find(payment_id, ports)

    def wish(payment: Payment, refund_id: UUID) -> Event:
        return PaymentRefunded(refund_id, amount or payment.refundable)

    return await _move(payment, "refund", amount, key, wish, ports=ports)


async def find(payment_id: UUID, ports: Ports) -> Payment:
    """Fetch a payment as it stands; another merchant's is as if it were not."""
    payment = await ports.store.payment(payment_id)
    if payment is None or not ports.caller.acts_for(payment.merchant_id):
        raise UnknownPayment("No payment has this id.")
    of_merchant(payment.merchant_id)
    return payment


def captured(payment: Payment, capture_id: UUID, amount: Cents, fees: Fees) -> Event:
    return PaymentCaptured(capture_id, amount, fee(amount, fees.bps, fees.fixed))


async def _move(
    payment: Payment,
    kind: str,
    amount: Cents | None,
    key: str,
    wish: Wish,
    *,
    ports: Ports,
) -> Answer:
    """Once per key; asked again, the answer is the same, also if it was no."""
    claim = Claim(
        payment.merchant_id,
        f"POST /payments/{payment.payment_id}/{kind}s",
        ports.fingerprint(key.encode()),
        ports.fingerprint(canonical({"amount": amount})),
        payment.payment_id,
    )
    for _ in range(TRIES):
        try:
            return await _once(payment, kind, claim, wish, ports)
        except AlreadyClaimed:
            return await _repeated(claim, ports)
        except InvalidState as wrong:
            return await _refused(wrong, kind, payment, claim, ports)
        except ConcurrentChange:
            payment = await find(payment.payment_id, ports)
    raise Changed("Send it again.")


async def _once(
    payment: Payment, kind: str, claim: Claim, wish: Wish, ports: Ports
) -> Answer:
    life = Life(payment.payment_id, trace_id(), payment, ports.caller.actor)
    moved_id = ports.new_id()
    event = wish(payment, moved_id)
    if isinstance(event, PaymentVoided):
        after = let_go(life, event, f"void: {event.reason}", ports.clock())
    else:
        after = life.happens(event, ports.clock())
    amount = getattr(event, "amount", payment.amount)
    body = ports.render_movement(kind, moved_id, amount, after, ports.caller)
    answer = Answer(payment.payment_id, 201, body)
    await ports.store.keep(life.flush(), claim, answer)
    signals.moved(kind, moved_id, amount, after)
    return answer


async def _repeated(claim: Claim, ports: Ports) -> Answer:
    repeated = await repeat(claim, ports)
    if isinstance(repeated, Claim):  # it is kept with its answer or not at all
        raise Changed("Send it again.")
    return repeated


async def _refused(
    wrong: InvalidState, kind: str, payment: Payment, claim: Claim, ports: Ports
) -> Answer:
    """No, and no again; but what was done before under this key was done."""
    if await ports.store.standing(claim):
        return await _repeated(claim, ports)
    if isinstance(wrong, TooMuch):
        problem: Problem = AmountTooLarge(str(wrong), pointer="/amount")
    else:
        problem = WrongState(f"It is {payment.status}.")
    facts: Facts = {"payment.status": payment.status, "problem.code": problem.code}
    whom = str(payment.payment_id)
    entry = Entry(ports.caller.actor, f"payment.{kind}", whom, "refused", facts)
    if not await final(problem, claim, ports, entry):
        return await _repeated(claim, ports)
    raise problem from wrong
