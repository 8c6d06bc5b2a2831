"""What the right answer to a payment is, as everybody outside the shop knows its rules."""

from collections.abc import Sequence
from typing import Any

from .answers import (
    Answer,
    Body,
    Judge,
    Payment,
    Reason,
    differs,
    not_status,
    wrong,
)

LEAST, FLOOR, DELEGATION, CEILING = 10, 10_000, 20_000, 40_000
EXPOSURE = 5_000_000
"""So much is accepted in the bank's stead, over all cards, before it has spoken."""

ACCEPTED = ("authorised", "ACCEPTED")
SUSPECTED = ("declined", "FRAUD_SUSPECTED", "fraud")
DENIED = ("declined", "AUTHORIZATION_DENIED", "bank")
EXCEEDED = ("declined", "AMOUNT_EXCEEDED", "delegation")


def right_answers(amount: int, mode: str, *, exposed: int) -> list[tuple[str, ...]]:
    """Status, reason and who decided, for a card that nobody suspects."""
    if amount <= FLOOR:
        return [(*ACCEPTED, "floor_limit")]
    if mode == "STANDARD":
        return [(*ACCEPTED, "bank") if amount <= CEILING else DENIED]
    if amount >= DELEGATION:
        return [EXCEEDED]
    accepted = (*ACCEPTED, "delegation")
    return [accepted, EXCEEDED] if exposed + amount > EXPOSURE else [accepted]


def paid(order: Body, *, exposed: int = 0, suspect: bool = False) -> Judge:
    """Decided as the rules have it, and kept as it was ordered."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 201):
            return fault
        mode = answer.js["processing_mode"]
        right = right_answers(order["amount"], mode, exposed=exposed)
        right += [SUSPECTED] if suspect else []
        return _decided(order, answer, right)

    return judge


def declined(order: Body, code: str) -> Judge:
    """The terminal refuses, and asks nobody."""

    def judge(answer: Answer) -> str | None:
        right = [("declined", code, "terminal")]
        return not_status(answer, 201) or _decided(order, answer, right)

    return judge


def pending(order: Body) -> Judge:
    """Nobody knows yet: the caller waits no longer."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 202):
            return fault
        if answer.js["status"] != "pending" or answer.js["response_code"]:
            return wrong(Reason.DECISION, f"pending, and {answer.js['status']}")
        return _as_ordered(order, answer)

    return judge


def hurried(order: Body, *, exposed: int = 0) -> Judge:
    """Decided within the time there was, or pending."""
    decided, open_ = paid(order, exposed=exposed), pending(order)

    def judge(answer: Answer) -> str | None:
        return (open_ if answer.status == 202 else decided)(answer)

    return judge


def moved(kind: str, amount: int, **after: Any) -> Judge:
    """So much was moved, and that is what the payment is after it."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 201):
            return fault
        moved = {"kind": kind, "amount": amount}
        fault = differs(answer.js, moved, Reason.AMOUNTS)
        payment = answer.js["payment"]
        return fault or differs(payment, after, Reason.AMOUNTS) or links(payment)

    return judge


def links(payment: Payment, *, is_auditor: bool = True) -> str | None:
    """It offers what this caller can do with it, and nothing else."""
    wanted = {"self", "events"} if is_auditor else {"self"}
    if payment["status"] == "authorised":
        wanted |= {"capture", "void"}
    if payment["captured"] > payment["refunded"]:
        wanted |= {"refund"}
    offered = set(payment["_links"])
    if offered == wanted:
        return None
    return wrong(Reason.LINKS, f"{payment['status']}, it offers {sorted(offered)}")


def _decided(
    order: Body, answer: Answer, right: Sequence[tuple[str, ...]]
) -> str | None:
    payment = answer.js
    by = payment["authorisation"]["source"]
    got = (payment["status"], payment["response_code"], by)
    if got not in right:
        how = f"{order['amount']} {payment['processing_mode']}"
        return wrong(Reason.DECISION, f"{how}: {got}, not {right[0]}")
    return _as_ordered(order, answer)


def _as_ordered(order: Body, answer: Answer) -> str | None:
    payment, number = answer.js, order["card"]["number"]
    if number in answer.text:
        return wrong(Reason.CARD, "the answer repeats the card number")
    if payment["card"]["last4"] != number[-4:]:
        return wrong(Reason.ORDER, "another card")
    wanted = {name: order[name] for name in ("pos_id", "amount", "currency")}
    wanted |= {"captured": 0, "refunded": 0}
    wanted["merchant_reference"] = order.get("merchant_reference")
    return differs(payment, wanted) or links(payment)
