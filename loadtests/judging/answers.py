"""What is asked, what comes back, and for which reasons an answer is wrong."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import repeat
from typing import Any

FLOOR_PATH, BANK_PATH, OTHER = "floor", "bank", "other"
"""Which promise of speed a question is under."""

TILL, NOBODY = "till", ""
"""Whose token goes along; nobody's is none."""

Body = Mapping[str, Any]
Payment = Mapping[str, Any]


class Reason(StrEnum):
    """Why an answer is wrong; whoever counts wrong answers counts these."""

    SILENCE = "silence"
    """Nothing came back."""
    STATUS = "status"
    """Another status than the right one."""
    PROBLEM = "problem"
    """The right status, and another problem."""
    SHAPE = "shape"
    """Fields are missing or of another kind."""
    DECISION = "decision"
    """Decided otherwise than the rules have it."""
    ORDER = "order"
    """Kept otherwise than it was ordered."""
    AMOUNTS = "amounts"
    """Sums that do not add up."""
    LIFE = "life"
    """A payment became what it cannot become, or did not become what it has to."""
    LINKS = "links"
    """It offers what cannot be done with it, or not all that can."""
    EVENTS = "events"
    """What happened is told with gaps, or wrongly."""
    PAGE = "page"
    """A page that is out of order, or too long."""
    REPLAY = "replay"
    """The same question under the same key had another answer."""
    STRANGER = "stranger"
    """It shows what is somebody else's."""
    PART = "part"
    """A part of the answer is missing, and nothing says so."""
    CARD = "card"
    """It repeats the card number."""
    UNSENT = "unsent"
    """It was due, and could not be sent: too many others were under way."""


def wrong(reason: Reason, detail: str) -> str:
    """How a verdict reads: the reason up to the colon, then what was seen."""
    return f"{reason}: {detail}"


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
    kind: str = OTHER
    client: str = TILL
    raw: bytes | None = None
    """Sent in place of a body, as it is."""


def tries(question: Question, most: int, hurry_ms: int | None) -> Iterator[Question]:
    """The same again and again; only the first time in a hurry."""
    hurry = {} if hurry_ms is None else {"Request-Timeout-Ms": str(hurry_ms)}
    yield replace(question, headers={**question.headers, **hurry})
    yield from repeat(question, most - 1)


def judged(judge: Judge, answer: Answer) -> str | None:
    """What is wrong with it, whatever it looks like."""
    if not answer.status:
        return wrong(Reason.SILENCE, "no answer")
    try:
        return judge(answer)
    except (LookupError, TypeError, AttributeError) as fault:
        return wrong(Reason.SHAPE, f"{answer.status} of another shape: {fault!r}")


def not_status(answer: Answer, right: int) -> str | None:
    if answer.status == right:
        return None
    code = answer.js.get("code") if isinstance(answer.js, dict) else None
    said = f"{answer.status} ({code})" if code else str(answer.status)
    return wrong(Reason.STATUS, f"{said}, not {right}")


def differs(
    found: Mapping[str, Any], wanted: Mapping[str, Any], reason: Reason = Reason.ORDER
) -> str | None:
    for name, value in wanted.items():
        if found[name] != value:
            return wrong(reason, f"{name} is {found[name]!r}, not {value!r}")
    return None
