"""Answers that are kept, and how they are given again (RFC 9111, RFC 5861)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from .calls import Answer, Call

FRESH_S = 30
STALE_S = 600
"""So much older an answer may be, while the service has none, in seconds."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """An answer, and the name of just these bytes."""

    answer: Answer
    etag: str

    @classmethod
    def of(cls, answer: Answer, digest: str) -> Self:
        return cls(answer, answer.headers.get("etag") or f'"{digest}"')


def shown(kept: Tagged, call: Call, age_s: float, *, stale: bool) -> Answer:
    """As it is given to this caller: not at all where he has it already."""
    if kept.answer.status != 200:
        return kept.answer
    headers = {**kept.answer.headers, **_freshness(age_s, stale=stale)}
    headers["etag"] = kept.etag
    if _has(call, kept.etag):
        headers.pop("content-type", None)
        return Answer(304, headers, b"")
    return Answer(200, headers, kept.answer.body)


def _freshness(age_s: float, *, stale: bool) -> Mapping[str, str]:
    """How old it is, and for how long the caller may keep it, and he alone."""
    if stale:
        return {
            "age": str(int(age_s)),
            "cache-control": "private, no-cache",
            "warning": '110 - "Response is Stale"',
        }
    return {
        "age": str(int(age_s)),
        "cache-control": f"private, max-age={FRESH_S}",
        "vary": "Authorization",
    }


def _has(call: Call, etag: str) -> bool:
    """Whether the caller names it, or anything (RFC 9110, 13.1.2)."""
    named = [value for name, value in call.headers if name == "if-none-match"]
    tags = {tag.strip().removeprefix("W/") for line in named for tag in line.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags
