"""What the right answer is, as everybody outside the shop knows its rules."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise, repeat
from typing import Any

LEAST, FLOOR, DELEGATION, CEILING = 10, 10_000, 20_000, 40_000
EXPOSURE = 5_000_000
"""So much is accepted in the bank's stead, over all cards, before it has spoken."""

ACCEPTED = ("authorised", "ACCEPTED")
SUSPECTED = ("declined", "FRAUD_SUSPECTED", "fraud")
DENIED = ("declined", "AUTHORIZATION_DENIED", "bank")
EXCEEDED = ("declined", "AMOUNT_EXCEEDED", "delegation")

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

Body = Mapping[str, Any]
Payment = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; status 0 is nothing."""

    status: int
    text: str = ""
    js: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_unknown(self) -> bool:
        """Whether anything was done, only asking again can tell."""
        being_decided = self.status == 409 and "idempotency-in-flight" in self.text
        return not self.status or self.status >= 500 or being_decided


Judge = Callable[[Answer], str | None]
"""Says what is wrong with an answer, None if nothing is."""


@dataclass(frozen=True, slots=True)
class Question:
    """One request, and who judges its answer."""

    name: str
    method: str
    path: str
    judge: Judge
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


def tries(question: Question, most: int, hurry_ms: int | None) -> Iterator[Question]:
    """The same again and again; only the first time in a hurry."""
    hurry = {} if hurry_ms is None else {"Request-Timeout-Ms": str(hurry_ms)}
    yield replace(question, headers={**question.headers, **hurry})
    yield from repeat(question, most - 1)


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
        if answer.status != 201:
            return f"{answer.status}, not 201"
        payment = answer.js
        by = payment["authorisation"]["source"]
        got = (payment["status"], payment["response_code"], by)
        mode = payment["processing_mode"]
        right = right_answers(order["amount"], mode, exposed=exposed)
        right += [SUSPECTED] if suspect else []
        if got not in right:
            return f"{order['amount']} {mode}: {got}, not {right[0]}"
        return _as_ordered(order, answer)

    return judge


def pending(order: Body) -> Judge:
    """Nobody knows yet: the caller waits no longer."""

    def judge(answer: Answer) -> str | None:
        if answer.status != 202:
            return f"{answer.status}, not 202"
        if answer.js["status"] != "pending" or answer.js["response_code"]:
            return f"pending, and {answer.js['status']}"
        return _as_ordered(order, answer)

    return judge


def hurried(order: Body, *, exposed: int = 0) -> Judge:
    """Decided within the time there was, or pending."""
    decided, open_ = paid(order, exposed=exposed), pending(order)

    def judge(answer: Answer) -> str | None:
        return (open_ if answer.status == 202 else decided)(answer)

    return judge


def _as_ordered(order: Body, answer: Answer) -> str | None:
    payment, number = answer.js, order["card"]["number"]
    if number in answer.text:
        return "the answer repeats the card number"
    wanted = {name: order[name] for name in ("pos_id", "amount", "currency")}
    wanted |= {"captured": 0, "refunded": 0}
    if payment["card"]["last4"] != number[-4:]:
        return "another card"
    return _differs(payment, wanted) or _links(payment)


def moved(kind: str, amount: int, **after: Any) -> Judge:
    """So much was moved, and that is what the payment is after it."""

    def judge(answer: Answer) -> str | None:
        if answer.status != 201:
            return f"{answer.status}, not 201"
        wrong = _differs(answer.js, {"kind": kind, "amount": amount})
        payment = answer.js["payment"]
        return wrong or _differs(payment, after) or _links(payment)

    return judge


def shown(before: Payment, status: str | None = None) -> Judge:
    """The payment as it was answered, or as it became since; or as it has to be now."""

    def judge(answer: Answer) -> str | None:
        if answer.status != 200:
            return f"{answer.status}, not 200"
        now = answer.js
        possible = {status} if status else reachable(before["status"])
        if now["status"] not in possible:
            return f"{before['status']} became {now['status']}"
        decided = before["response_code"] is not None
        lasting = LASTING if decided else ["payment_id", "amount", "card", "trace_id"]
        return _differs(now, {name: before[name] for name in lasting}) or _links(now)

    return judge


def reachable(status: str) -> set[str]:
    """Itself, and all that it can become."""
    further = (reachable(after) for after in AFTERWARDS.get(status, ()))
    return {status}.union(*further)


def told(payment: Payment) -> Judge:
    """All that happened, numbered without gaps, from the order on."""

    def judge(answer: Answer) -> str | None:
        if answer.status != 200:
            return f"{answer.status}, not 200"
        events = answer.js["events"]
        if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
            return "events are missing"
        if events[0]["type"] != "PaymentReceived":
            return f"it begins with {events[0]['type']}"
        return _differs(events[0]["data"], {"amount": payment["amount"]})

    return judge


def listed(limit: int, *, after: str | None = None) -> Judge:
    """A page of payments, newest first."""

    def judge(answer: Answer) -> str | None:
        if answer.status != 200:
            return f"{answer.status}, not 200"
        ids = [payment["payment_id"] for payment in answer.js["payments"]]
        if len(ids) > limit:
            return f"{len(ids)} on a page of {limit}"
        whole = [after, *ids] if after else ids
        in_order = all(newer > older for newer, older in pairwise(whole))
        return None if in_order else "not newest first"

    return judge


def refused(status: int, code: str, *, secret: str = "") -> Judge:
    """No answer but a problem, and this one."""

    def judge(answer: Answer) -> str | None:
        if answer.status != status:
            return f"{answer.status}, not {status}"
        if secret and secret in answer.text:
            return "the problem repeats the card number"
        return _differs(answer.js, {"code": code, "status": status})

    return judge


def repeated(first: Answer) -> Judge:
    """The same answer to the byte, and marked as said before."""

    def judge(answer: Answer) -> str | None:
        if (answer.status, answer.text) != (first.status, first.text):
            return "answered otherwise the second time"
        if answer.headers.get("idempotent-replayed") != "true":
            return "not marked as a repetition"
        return None

    return judge


def _differs(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str | None:
    for name, value in wanted.items():
        if found[name] != value:
            return f"{name} is {found[name]!r}, not {value!r}"
    return None


def _links(payment: Payment) -> str | None:
    """It offers what can be done with it, and nothing else."""
    wanted = {"self", "events"}
    if payment["status"] == "authorised":
        wanted |= {"capture", "void"}
    if payment["captured"] > payment["refunded"]:
        wanted |= {"refund"}
    offered = set(payment["_links"])
    return None if offered == wanted else f"it offers {sorted(offered)}"
