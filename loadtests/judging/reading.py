"""What the right answer is to whoever looks at payments that there are."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from .answers import Answer, Judge, Payment, Reason, differs, not_status, wrong
from .payments import links

AFTERWARDS = {
    "authorised": {"captured", "voided"},
    "captured": {"settled", "partially_refunded", "refunded"},
    "settled": {"partially_refunded", "refunded"},
    "partially_refunded": {"refunded"},
    "pending": {"authorised", "declined"},
}
LASTING = (
    *("payment_id", "merchant_id", "pos_id", "card", "amount", "currency"),
    *("response_code", "network_code", "processing_mode", "merchant_reference"),
    *("created_at", "trace_id"),
)
"""What never changes once a payment is decided."""


def shown(before: Payment, status: str | None = None) -> Judge:
    """The payment as it was answered, or as it became since; or as it has to be now."""

    def judge(answer: Answer) -> str | None:
        return not_status(answer, 200) or gone_on(before, answer.js, status)

    return judge


def decided(before: Payment) -> Judge:
    """It was pending, and by now it is not."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 200) or gone_on(before, answer.js):
            return fault
        if answer.js["status"] == "pending":
            return wrong(Reason.LIFE, "pending, and nobody ever decided it")
        return None

    return judge


def gone_on(
    before: Payment,
    now: Mapping[str, Any],
    status: str | None = None,
    *,
    is_auditor: bool = True,
) -> str | None:
    """What it became is what it can become, and what lasts has lasted."""
    possible = {status} if status else reachable(before["status"])
    if now["status"] not in possible:
        return wrong(Reason.LIFE, f"{before['status']} became {now['status']}")
    known = before["response_code"] is not None
    lasting = LASTING if known else ["payment_id", "amount", "card", "trace_id"]
    fault = differs(now, {name: before[name] for name in lasting})
    return fault or links(now, is_auditor=is_auditor)


def reachable(status: str) -> set[str]:
    """Itself, and all that it can become."""
    further = (reachable(after) for after in AFTERWARDS.get(status, ()))
    return {status}.union(*further)


def told(payment: Payment) -> Judge:
    """All that happened, numbered without gaps, from the order on."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 200):
            return fault
        events = answer.js["events"]
        if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
            return wrong(Reason.EVENTS, "some are missing")
        if events[0]["type"] != "PaymentReceived":
            return wrong(Reason.EVENTS, f"they begin with {events[0]['type']}")
        amount = {"amount": payment["amount"]}
        return differs(events[0]["data"], amount, Reason.EVENTS)

    return judge


def listed(limit: int, *, after: str | None = None, of: str | None = None) -> Judge:
    """A page of payments, newest first; of one merchant, if he asks."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 200):
            return fault
        payments = answer.js["payments"]
        if len(payments) > limit:
            return wrong(Reason.PAGE, f"{len(payments)} on a page of {limit}")
        ids = [payment["payment_id"] for payment in payments]
        whole = [after, *ids] if after else ids
        if any(newer <= older for newer, older in pairwise(whole)):
            return wrong(Reason.PAGE, "not newest first")
        return foreign(payments, of) if of else None

    return judge


def foreign(payments: list[Payment], merchant: str) -> str | None:
    """A merchant sees his own payments and nobody else's."""
    for payment in payments:
        if payment["merchant_id"] != merchant:
            return wrong(Reason.STRANGER, f"a payment of {payment['merchant_id']}")
    return None
