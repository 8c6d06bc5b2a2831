"""Every fact that the probe tells."""

from apps.kit.declaring import Attribute, Event
from apps.kit.signals import Counter, Facts, Histogram, Level, tell

from .domain import AMOUNTS, GOOD, Answer, Outcome, Path

PAYMENTS = Counter(
    "probe.payments",
    unit="{payment}",
    about="Payments made to see whether one can pay, by what came of them.",
    by=("probe.outcome", "probe.path"),
)
DURATION = Histogram(
    "probe.duration",
    unit="s",
    about="From the probe's order to its answer, as a client waits for it.",
    by=("probe.path",),
)

_ASKED = "payment.amount probe.outcome probe.path probe.took_s"
_HEARD = "error.type http.response.status_code payment.id payment.reason"

ATTRIBUTES = (
    Attribute("probe.path", str, "Who is to decide the payment.", values=Path),
    Attribute("probe.outcome", str, "What came of it.", values=Outcome),
    Attribute("probe.took_s", float, "Seconds until the answer.", 0.0213),
)
EVENTS = (
    Event("probe.paid", "A probe is over.", _ASKED, _HEARD),
    Event("probe.early", "Nobody answers yet: the stack starts.", _ASKED, _HEARD),
)


def paid(path: Path, answer: Answer, outcome: Outcome) -> None:
    """One probe is over."""
    level: Level = "info" if outcome in GOOD else "warning"
    tell("probe.paid", _facts(path, answer, outcome), count=PAYMENTS, level=level)
    DURATION.record(answer.took_s, {"probe.path": path})


def early(path: Path, answer: Answer) -> None:
    """Nobody answered yet, and nobody need: the stack is starting."""
    tell("probe.early", _facts(path, answer, Outcome.SILENT))


def _facts(path: Path, answer: Answer, outcome: Outcome) -> Facts:
    said = answer.body or {}
    return {
        "probe.path": path,
        "probe.outcome": outcome,
        "probe.took_s": round(answer.took_s, 4),
        "payment.id": said.get("payment_id"),
        "payment.amount": AMOUNTS[path],
        "payment.reason": said.get("response_code"),
        "http.response.status_code": answer.status,
        "error.type": answer.error,
    }
