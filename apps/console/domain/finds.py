"""What a search for traces finds, and how one is put into TraceQL."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

WHICH = {
    "all": "payments",
    "authorised": "accepted",
    "declined": "refused",
    "failing": "failing",
    "slow": "slowest",
}
"""What can be looked for, and what it is called."""


@dataclass(frozen=True, slots=True)
class Find:
    """One trace, as a search lists it."""

    trace: str
    service: str
    name: str
    start: int
    ms: float
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wish:
    """Which traces are looked for."""

    which: str = "all"
    merchant: str = ""
    since: str = "15m"
    over_ms: int = 0

    @property
    def query(self) -> str:
        """In TraceQL; failing ones need not name a payment."""
        said = ['span.payment.id != ""']
        match self.which:
            case "authorised" | "declined":
                said.append(f'span.payment.verdict = "{self.which}"')
            case "failing":
                said = ["status = error", 'resource.service.namespace = "payscope"']
        if self.merchant:
            said.append(f'span.merchant.id = "{_plain(self.merchant)}"')
        if self.over_ms:
            said.append(f"trace:duration > {self.over_ms}ms")
        shown = "| select(span.payment.id, span.payment.verdict, span.merchant.id)"
        newest = "" if self.which == "slow" else " with (most_recent=true)"
        return "{ " + " && ".join(said) + " } " + shown + newest

    def over(self, ms: int) -> Self:
        """The same, but of longer traces only."""
        return replace(self, over_ms=ms)


def in_order(finds: list[Find], wish: Wish) -> list[Find]:
    """The slowest first, or the newest."""
    if wish.which == "slow":
        return sorted(finds, key=lambda find: -find.ms)
    return sorted(finds, key=lambda find: -find.start)


def finds_of(answer: Mapping[str, Any]) -> list[Find]:
    return [_find(trace) for trace in answer.get("traces") or []]


def _find(trace: Mapping[str, Any]) -> Find:
    sets = trace.get("spanSets") or []
    spans = [span for each in sets for span in each.get("spans", [])]
    facts = {
        pair["key"]: str(next(iter(pair["value"].values()), ""))
        for span in spans
        for pair in span.get("attributes", [])
    }
    return Find(
        str(trace["traceID"]).rjust(32, "0"),
        str(trace.get("rootServiceName", "")),
        str(trace.get("rootTraceName", "")),
        int(trace["startTimeUnixNano"]),
        float(trace.get("durationMs", 0)),
        facts,
    )


def _plain(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum() or letter in "-_")
