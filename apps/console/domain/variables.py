"""What the reader of a board can choose: asked for, listed, or typed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Variable:
    """What the reader can choose."""

    name: str
    title: str
    kind: str
    question: str
    options: tuple[str, ...] = ()
    is_many: bool = False
    has_all: bool = False
    all_value: str = ""
    first: tuple[str, ...] = ()

    @classmethod
    def of(cls, said: Json) -> Self:
        asked = said.get("query", "")
        question = asked.get("query", "") if isinstance(asked, Mapping) else str(asked)
        now = (said.get("current") or {}).get("value", "")
        return cls(
            str(said["name"]),
            str(said.get("label") or said["name"]),
            str(said["type"]),
            question,
            tuple(_options(said, question)),
            bool(said.get("multi")),
            bool(said.get("includeAll")),
            said.get("allValue") or ".*",
            tuple(now) if isinstance(now, list) else (str(now),) if now else (),
        )


def _options(said: Json, question: str) -> Iterator[str]:
    """What is chosen from; "name : value" has a name to be read by, and means its value."""
    if said["type"] in {"custom", "interval"}:
        parts = (each.strip() for each in question.split(",") if each.strip())
        yield from (each.rpartition(" : ")[2].strip() for each in parts)
