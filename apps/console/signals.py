"""Every fact that the console tells."""

from enum import StrEnum

from apps.kit.declaring import Attribute, Event, Span
from apps.kit.signals import Counter, Facts, Histogram, tell

from .domain.orders import Move


class Answered(StrEnum):
    """What became of a question."""

    YES = "yes"
    REFUSED = "refused"
    SILENT = "silent"


ASKED = Histogram(
    "console.question.duration",
    unit="s",
    about="What the console asked of a server, until it had the answer.",
    by=("console.server", "console.answered"),
)
MOVES = Counter(
    "console.moves",
    unit="{move}",
    about="What was done at the console's till, by what the gateway said.",
    by=("console.move", "http.response.status_code"),
)
REFUSED = Counter(
    "console.refused",
    unit="{request}",
    about="Requests that came under a foreign name or from a foreign page.",
)

ATTRIBUTES = (
    Attribute("console.server", str, "Who was asked.", "Tempo", most=8),
    Attribute("console.answered", str, "Whether he answered.", values=Answered),
    Attribute("console.move", str, "What was done at the till.", values=Move),
    Attribute("console.took_s", float, "Seconds until the answer.", 0.0213),
)
_DONE = "console.move console.took_s"
_HEARD = "http.response.status_code payment.id error.type"
SPANS = (
    Span("console.pay", "internal", "Somebody pays at the till.", _DONE, _HEARD),
    Span("console.move", "internal", "Somebody changes a payment.", _DONE, _HEARD),
)
EVENTS = (
    Event(
        "till.used",
        "Somebody paid, captured, voided or refunded at the console's till.",
        _DONE,
        _HEARD,
    ),
)


def asked(server: str, answered: Answered, took_s: float) -> None:
    """A server was asked."""
    ASKED.record(took_s, {"console.server": server, "console.answered": answered})


def used(
    move: Move,
    took_s: float,
    *,
    status: int | None = None,
    payment_id: str | None = None,
    error: str | None = None,
) -> None:
    """The till was used."""
    facts: Facts = {
        "console.move": move,
        "console.took_s": round(took_s, 4),
        "http.response.status_code": status,
        "payment.id": payment_id,
        "error.type": error,
    }
    tell("till.used", facts, count=MOVES)


def turned_away() -> None:
    """Who came was not let in."""
    REFUSED.add({})
