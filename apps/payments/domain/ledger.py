"""What the ledger books for each thing that happens to a payment, and for a batch.

A payment's money is pending from its authorisation to its capture or its end:

authorise ─┬─▶ capture (posts what is captured, and the fee) ─▶ refund
           ├─▶ void
           └─▶ standin-release, standin-confirm (pending anew) ─▶ capture | void

What was accepted in the bank's stead is an exposure; once the bank has approved it the
scheme owes it, and once the bank has refused it, it is lost.
"""

from typing import Final

from .booking import Account, Entry, Kind, Transfer, merchant_payable, moved
from .changes import (
    Outcome,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentRefunded,
    PaymentVoided,
    StandInReconciled,
)
from .payment import Happened, Payment, StandIn
from .settlement import Batch

AUTHORISE: Final = "authorise"
CAPTURE: Final = "capture"
VOID: Final = "void"
STANDIN_RELEASE: Final = "standin-release"
STANDIN_CONFIRM: Final = "standin-confirm"
STANDIN_REJECT: Final = "standin-reject"
COLLECT: Final = "collect"
PAY_OUT: Final = "pay-out"

_APPROVED: Final = frozenset({StandIn.CONFIRMED, StandIn.SUBMITTED})


def transfers(happened: Happened) -> list[Transfer]:
    """What an event moves, in the order to book it; most events move nothing."""
    event, payment = happened.event, happened.payment
    match event:
        case PaymentAuthorised():
            return [_hold(payment, AUTHORISE)]
        case PaymentCaptured():
            return [_capture(payment, event)]
        case PaymentVoided():
            return [_release(payment, VOID, pending=_pending(payment))]
        case PaymentRefunded():
            return [_refund(payment, event)]
        case StandInReconciled():
            return _reconcile(payment, event.outcome)
        case _:
            return []


def settlement(batch: Batch) -> list[Transfer]:
    """Collect from the scheme, or give back to it, and pay the merchant."""
    cash = Account.SETTLEMENT_CASH
    collected = moved(batch.collected, debit=cash, credit=Account.SCHEME_RECEIVABLE)
    paid = moved(batch.net, debit=merchant_payable(batch.merchant_id), credit=cash)
    return [
        Transfer.of(batch.batch_id, step, Kind.POSTED, batch.currency, entries=entries)
        for step, entries in ((COLLECT, collected), (PAY_OUT, paid))
        if entries
    ]


def _pending(payment: Payment) -> str:
    """The step whose transfer is pending: the last that opened one."""
    return STANDIN_CONFIRM if payment.standin in _APPROVED else AUTHORISE


def _asset(payment: Payment) -> Account:
    """Where the money is awaited from."""
    if payment.standin is StandIn.OPEN:
        return Account.STANDIN_EXPOSURE
    return Account.SCHEME_RECEIVABLE


def _hold(payment: Payment, step: str) -> Transfer:
    merchant = merchant_payable(payment.merchant_id)
    entries = moved(payment.amount, debit=_asset(payment), credit=merchant)
    return _booked(payment, step, Kind.PENDING, entries)


def _release(payment: Payment, step: str, *, pending: str) -> Transfer:
    return _booked(payment, step, Kind.VOID, pending=pending)


def _capture(payment: Payment, event: PaymentCaptured) -> Transfer:
    """The fee is in the same transfer: a capture is never booked without it."""
    merchant = merchant_payable(payment.merchant_id)
    amount = moved(event.amount, debit=_asset(payment), credit=merchant)
    fee = moved(event.fee, debit=merchant, credit=Account.FEE_INCOME)
    return _booked(payment, CAPTURE, Kind.POST, amount + fee, pending=_pending(payment))


def _refund(payment: Payment, event: PaymentRefunded) -> Transfer:
    """A refund leaves through the scheme; of what is lost already, it is lost less."""
    lost = payment.standin is StandIn.REJECTED
    entries = moved(
        event.amount,
        debit=merchant_payable(payment.merchant_id),
        credit=Account.STANDIN_LOSS if lost else Account.SCHEME_RECEIVABLE,
    )
    return _booked(payment, f"refund:{event.refund_id}", Kind.POSTED, entries)


def _reconcile(payment: Payment, outcome: Outcome) -> list[Transfer]:
    if payment.captured:
        rejected = outcome is Outcome.REJECTED
        return [_lose(payment) if rejected else _approve(payment)]
    if outcome is Outcome.REJECTED:
        return []  # a void follows, and releases what is pending
    return [
        _release(payment, STANDIN_RELEASE, pending=AUTHORISE),
        _hold(payment, STANDIN_CONFIRM),
    ]


def _approve(payment: Payment) -> Transfer:
    """The scheme owes what was captured."""
    scheme, exposure = Account.SCHEME_RECEIVABLE, Account.STANDIN_EXPOSURE
    entries = moved(payment.captured, debit=scheme, credit=exposure)
    return _booked(payment, STANDIN_CONFIRM, Kind.POSTED, entries)


def _lose(payment: Payment) -> Transfer:
    """The scheme owes nothing, and takes back nothing: what was refunded is not lost."""
    exposure = Account.STANDIN_EXPOSURE
    loss = moved(payment.refundable, debit=Account.STANDIN_LOSS, credit=exposure)
    back = moved(payment.refunded, debit=Account.SCHEME_RECEIVABLE, credit=exposure)
    return _booked(payment, STANDIN_REJECT, Kind.POSTED, loss + back)


def _booked(
    payment: Payment,
    step: str,
    kind: Kind,
    entries: tuple[Entry, ...] = (),
    *,
    pending: str | None = None,
) -> Transfer:
    return Transfer.of(
        payment.payment_id,
        step,
        kind,
        payment.currency,
        entries=entries,
        pending=pending,
    )
