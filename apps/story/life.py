"""A payment's own history: each event as when, what, how much, who and which booking."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from apps.kit.events import event_id
from apps.payments.domain.payment import step_id

from .evidence import Span
from .otlp import Json

HAPPENED = {
    "PaymentReceived": "received",
    "AuthorisationRequested": "bank to be asked",
    "AuthorisationUnknown": "bank's word unknown",
    "PaymentAuthorised": "authorised",
    "PaymentDeclined": "declined",
    "PaymentCaptured": "captured",
    "PaymentVoided": "voided",
    "PaymentRefunded": "refunded",
    "PaymentSettled": "settled",
    "PaymentFlagged": "card flagged",
    "ReversalRequested": "reversal asked for",
    "ReversalConfirmed": "reversed at the bank",
    "StandInReconciled": "reconciled with the bank",
}
FACTS = ("reason", "network_code", "mode", "attempts", "outcome", "tombstone", "count")
"""What is told of an event as it is; money, people and bookings have words of their own."""

SOURCES = {
    "bank": "the bank",
    "floor_limit": "the shop, within its floor limit",
    "delegation": "the shop, in the bank's stead",
    "terminal": "the till",
}
VOIDERS = {
    "merchant": "the merchant",
    "fraud": "fraud",
    "standin_rejected": "the bank",
    "expired": "payments, for nobody captured it",
}
ALWAYS_BY = {
    "PaymentSettled": "the settlement",
    "ReversalConfirmed": "the bank",
    "StandInReconciled": "the bank",
}
BOOKED = {
    "PaymentAuthorised": "authorise",
    "PaymentCaptured": "capture",
    "PaymentVoided": "void",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One event of a payment; its time is nanoseconds since 1970."""

    seq: int
    type: str
    at: int
    trace: str
    data: Json

    @property
    def what(self) -> str:
        return HAPPENED.get(self.type, self.type)


def moments_of(answer: Json) -> list[Moment]:
    """The history as the gateway tells it."""
    return [
        Moment(raw["seq"], raw["type"], _ns(raw["at"]), raw["trace_id"], raw["data"])
        for raw in answer["events"]
    ]


def messages(payment_id: str, moments: list[Moment]) -> set[str]:
    """The ids under which its events are on the stream."""
    return {str(event_id(UUID(payment_id), moment.seq)) for moment in moments}


def facts(
    moment: Moment, payment: Json, root: Span | None, *, captured: bool
) -> Iterator[tuple[str, str]]:
    """Pairs of name and value; the sum of money comes first and has no name.

    `captured` says whether money was captured before.
    """
    data = moment.data
    sum_ = data.get("amount", data.get("gross"))
    if sum_ is not None:
        yield "", spelt(sum_, payment["currency"])
    for name in ("fee", "net"):
        if name in data:
            yield name, spelt(data[name], payment["currency"])
    step = booking(moment, captured=captured)
    told = {
        "by": by(moment, root),
        **{name: data.get(name) for name in FACTS},
        "ledger": step and step_id(UUID(payment["payment_id"]), step),
        "batch": data.get("batch_id"),
    }
    yield from ((name, str(value)) for name, value in told.items() if value)


def by(moment: Moment, root: Span | None) -> str:
    """Who brought it about, as far as the event or its trace says."""
    data = moment.data
    match moment.type:
        case "PaymentAuthorised" | "PaymentDeclined":
            who = SOURCES.get(data["source"], data["source"])
        case "PaymentVoided":
            who = VOIDERS.get(data["reason"], data["reason"])
        case "PaymentReceived":
            who = f"{data['merchant_id']} at {data['pos_id']}"
        case "PaymentCaptured" | "PaymentRefunded" if root:
            who = "payments" if root.service == "payments" else "the merchant"
        case _:
            who = ALWAYS_BY.get(moment.type, "")
    return str(who)


def booking(moment: Moment, *, captured: bool) -> str:
    """The step under which the ledger has booked it; most events book nothing."""
    if moment.type == "PaymentRefunded":
        return f"refund:{moment.data['refund_id']}"
    if moment.type != "StandInReconciled":
        return BOOKED.get(moment.type, "")
    if moment.data["outcome"] != "rejected":
        return "standin-confirm"
    return "standin-reject" if captured else ""


def spelt(cents: int, currency: str) -> str:
    return f"{cents / 100:,.2f} {currency}"


def clock(ns: int) -> str:
    """The time of day in UTC, to the millisecond."""
    instant = datetime.fromtimestamp(ns / 1e9, UTC)
    return f"{instant:%H:%M:%S}.{instant.microsecond // 1000:03}"


def _ns(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1e6) * 1000
