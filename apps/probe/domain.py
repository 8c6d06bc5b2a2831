"""What is paid to see whether one can pay, and what is thought of the answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from apps.kit.values import Cents


class Path(StrEnum):
    """Who is to decide, which the amount says."""

    FLOOR = "floor"
    BANK = "bank"


AMOUNTS: Final[Mapping[Path, Cents]] = {
    Path.FLOOR: Cents(1_000),
    Path.BANK: Cents(15_000),
}
"""Up to 100.00 the shop decides alone; below 200.00 a silent bank is stood in for."""

CURRENCY: Final = "EUR"

SOURCES: Final[Mapping[Path, str]] = {Path.FLOOR: "floor_limit", Path.BANK: "bank"}


class Outcome(StrEnum):
    """What came of a probe."""

    OK = "ok"
    STOOD_IN = "stood_in"
    """Decided without the bank, which was silent: customers were served."""
    PENDING = "pending"
    SLOW = "slow"
    REFUSED = "refused"
    WRONG = "wrong"
    FAILED = "failed"
    SILENT = "silent"


GOOD: Final = frozenset({Outcome.OK, Outcome.STOOD_IN, Outcome.PENDING})
UNDECIDED: Final = frozenset({"received", "pending"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gateway said, after how long; no status: it said nothing."""

    took_s: float
    status: int | None = None
    body: Mapping[str, Any] | None = None
    """None where it is no JSON object."""
    error: str | None = None


def judge(path: Path, answer: Answer, slow_s: float) -> Outcome:
    """The first thing that is wrong with it, as a customer would notice."""
    if answer.status is None:
        return Outcome.SILENT
    if not 200 <= answer.status < 300:
        return Outcome.FAILED
    if answer.body is None or not _is_what_was_asked(path, answer.body):
        return Outcome.WRONG
    outcome = _decided(path, answer.body)
    return Outcome.SLOW if outcome in GOOD and answer.took_s > slow_s else outcome


def _is_what_was_asked(path: Path, body: Mapping[str, Any]) -> bool:
    return (body.get("amount"), body.get("currency")) == (AMOUNTS[path], CURRENCY)


def _decided(path: Path, body: Mapping[str, Any]) -> Outcome:
    if body.get("status") in UNDECIDED:
        return Outcome.PENDING
    by = body.get("authorisation") or {}
    match body.get("processing_mode"):
        case "FALLBACK":
            return Outcome.STOOD_IN if path is Path.BANK else Outcome.WRONG
        case "STANDARD" if body.get("response_code") != "ACCEPTED":
            return Outcome.REFUSED
        case "STANDARD" if by.get("source") == SOURCES[path]:
            return Outcome.OK
    return Outcome.WRONG
