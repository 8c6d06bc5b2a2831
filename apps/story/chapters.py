"""A payment's traces as chapters of its story: of a shared one, only what is its own."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from .evidence import Link, LogLine, Span, roots
from .life import Moment
from .waterfall import above

STEPS = {
    "payments.capture": "captured automatically",
    "payments.fraud_void": "voided, for the card looks bad",
    "payments.bank_capture": "the bank is told of the capture",
    "payments.reversal": "the bank is made to let go",
    "payments.standin": "the bank is asked about what was accepted in its stead",
    "payments.recover": "finished after it was left undecided",
    "payments.inquire": "the bank is asked for its word on what is pending",
    "payments.expire": "given up, for nobody captured it",
    "payments.settle": "paid out",
    "bank.expire": "the bank lets go, for nobody captured it",
    "notifications.retry": "the webhook is tried again",
}
FAILING = {"saga.step_failed", "saga.step_refused", "webhook.failed", "webhook.dead"}

ALIKE = 3
"""So many chapters of one title in a row are told; of more, the first and the last."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """One trace, as far as it concerns the payment."""

    trace: str
    spans: list[Span]
    lines: list[LogLine]
    moments: tuple[Moment, ...] = ()
    left_out: int = 0
    """Spans of the trace that are other payments'."""
    skipped: int = 0
    """Chapters of the same title before this one that are not told."""

    @property
    def root(self) -> Span | None:
        return next(iter(roots(self.spans) or self.spans), None)

    @property
    def begun(self) -> int:
        times = [moment.at for moment in self.moments]
        times = times or [span.start for span in self.spans]
        return min(times or [line.time for line in self.lines])

    @property
    def came_of(self) -> list[Link]:
        """Spans of other traces that this one names as its cause."""
        return [
            link
            for span in self.spans
            for link in span.links
            if link.trace != self.trace
        ]

    @property
    def failed(self) -> bool:
        """Somebody said so, or the whole of it did; a failed call alone may be mended."""
        root = self.root
        said = any(line.body in FAILING for line in self.lines)
        return said or bool(root and root.failed)

    @property
    def title(self) -> str:
        """What happened in it, as one would say it."""
        root = self.root
        told = [f"{moment.what}{_how(moment, root)}" for moment in self.moments]
        if told:
            return ", ".join(dict.fromkeys(told))
        if root is None:
            return ", ".join(dict.fromkeys(line.body for line in self.lines))
        status = root.fact("http.response.status_code")
        plain = f"{root.name} answered {status}" if status else root.name
        return STEPS.get(root.name, plain)


def chapter(
    trace: str,
    spans: list[Span],
    lines: list[LogLine],
    *,
    payment_id: str = "",
    messages: Iterable[str] = (),
    moments: Iterable[Moment] = (),
) -> Chapter:
    """What of this trace is the payment's: all, unless it names others too."""
    mine = concerning(spans, payment_id, set(messages))
    if len(mine) < len(spans):
        known = {span.id for span in mine}
        lines = [line for line in lines if _is_of(line, payment_id, known)]
    happened = tuple(moment for moment in moments if moment.trace == trace)
    return Chapter(trace, mine, lines, happened, len(spans) - len(mine))


def concerning(spans: list[Span], payment_id: str, messages: set[str]) -> list[Span]:
    """The spans that name the payment, all above them, and what is theirs below."""
    others = {span.id for span in spans if _names(span) not in {"", payment_id}}
    if not payment_id or not others:
        return spans
    known = {span.id for span in spans}
    over = {span.id: above(span, known) for span in spans}
    under: dict[str, list[str]] = defaultdict(list)
    for id_, parent in over.items():
        under[parent].append(id_)
    shared = _upwards(others, over)
    named = {
        span.id
        for span in spans
        if _names(span) == payment_id
        or span.attributes.get("messaging.message.id") in messages
    }
    kept = _upwards(named, over)
    below = [id_ for id_ in named if id_ not in shared]
    while below:
        kept.add(id_ := below.pop())
        below += under[id_]
    return [span for span in spans if span.id in kept]


def _upwards(ids: set[str], over: dict[str, str]) -> set[str]:
    """These, and all that they hang under."""
    reached: set[str] = set()
    for id_ in ids:
        step = id_
        while step and step not in reached:
            reached.add(step)
            step = over[step]
    return reached


def in_order(chapters: list[Chapter], first: str) -> list[Chapter]:
    """The payment's own trace, then the others as they began; repetitions are skipped."""
    later = sorted(
        (each for each in chapters if each.trace != first), key=lambda each: each.begun
    )
    told = [each for each in chapters if each.trace == first]
    for _, group in groupby(later, key=lambda each: (each.title, each.failed)):
        alike = list(group)
        if len(alike) <= ALIKE:
            told += alike
        else:
            told += [alike[0], replace(alike[-1], skipped=len(alike) - 2)]
    return told


def whose(spans: list[Span], lines: list[LogLine]) -> list[str]:
    """The payments that a trace names; the one that its root names stands alone."""
    first = [name for span in roots(spans) if (name := _names(span))]
    said = (line.facts.get("payment_id", "") for line in lines)
    named = dict.fromkeys(filter(None, [*map(_names, spans), *said]))
    return first[:1] or list(named)


def _names(span: Span) -> str:
    return str(span.attributes.get("payment.id", ""))


def _is_of(line: LogLine, payment_id: str, known: set[str]) -> bool:
    named = line.facts.get("payment_id", "")
    return named == payment_id if named else line.facts.get("span_id") in known


def _how(moment: Moment, root: Span | None) -> str:
    """By itself, by the merchant, in a batch."""
    if moment.type == "PaymentSettled":
        return " in a batch"
    if root and moment.type in {"PaymentCaptured", "PaymentRefunded"}:
        return " automatically" if root.service == "payments" else " by the merchant"
    if moment.type == "PaymentVoided":
        return f" ({moment.data['reason']})"
    return ""
