"""What auditors read of a payment: who did it, what, to whom, and what came of it."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from apps.kit.audit import Entry
from apps.kit.signals import Facts

from .domain.changes import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
    ReversalRequested,
    StandInReconciled,
)
from .domain.payment import Happened
from .domain.settlement import Batch

_ACTIONS: Final[Mapping[type, str]] = MappingProxyType(
    {
        PaymentAuthorised: "payment.authorise",
        PaymentDeclined: "payment.authorise",
        PaymentCaptured: "payment.capture",
        PaymentVoided: "payment.void",
        PaymentRefunded: "payment.refund",
        ReversalRequested: "payment.reverse",
        StandInReconciled: "payment.reconcile",
    }
)


def entries(happened: Sequence[Happened]) -> Iterator[Entry]:
    """The rows that these events leave: one for each that decides or moves something."""
    for each in happened:
        action = _ACTIONS.get(type(each.event))
        if action:
            payment = each.payment
            facts: Facts = {
                "payment.status": payment.status,
                "payment.amount": payment.amount,
                "payment.currency": payment.currency,
                "payment.version": payment.version,
            }
            subject = str(payment.payment_id)
            yield Entry(each.by, action, subject, _result(each), facts)


def entry_of(batch: Batch) -> Entry:
    """The one row of a payout, however many payments it settles."""
    facts: Facts = {
        "merchant.id": batch.merchant_id,
        "settlement.payments": len(batch.debts),
        "settlement.gross": batch.gross,
        "settlement.net": batch.net,
    }
    whom = str(batch.batch_id)
    return Entry("job:settlement", "merchant.settle", whom, "done", facts)


def _result(happened: Happened) -> str:
    event = happened.event
    if isinstance(event, PaymentAuthorised | PaymentDeclined):
        return "approved" if isinstance(event, PaymentAuthorised) else "refused"
    return event.outcome if isinstance(event, StandInReconciled) else "done"
