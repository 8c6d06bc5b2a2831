"""Which declaration a name that arrived belongs to."""

import re
from functools import cache

from apps.kit.declaring import Span

from .declared import declared

SHAPES = {
    "http.request.method": "[A-Z_]+",
    "http.route": "/.*",
    "db.query.summary": r"[A-Z]+( [\w.]+)?",
    "messaging.destination.name": r"[\w.*>-]+",
}
"""What may stand for an attribute in a span's name; else a word."""


@cache
def _pattern(name: str) -> re.Pattern[str]:
    """Braces stand for a value; one that is unknown at the end is left out."""
    parts = re.split(r"( ?\{[^}]+\})", name)
    made = ""
    for part in parts:
        if not part.endswith("}"):
            made += re.escape(part)
            continue
        shape = SHAPES.get(part.strip(" {}"), r"\w+")
        made += f"( {shape})?" if part.startswith(" ") else shape
    return re.compile(made)


def spans_called(name: str, kind: str) -> list[Span]:
    """The declarations that it may be of, an exact name before patterns."""
    of_kind = [each for each in declared().spans.values() if each.kind == kind]
    exact = [each for each in of_kind if each.name == name]
    return exact or [each for each in of_kind if _pattern(each.name).fullmatch(name)]


@cache
def attribute(key: str) -> str:
    """The declared name of a key, also as Loki and Prometheus write it; empty if none is."""
    if found := _by_key().get(key.replace(".", "_")):
        return found
    return next(
        (
            name
            for name in declared().attributes
            if "{" in name
            and key.replace(".", "_").startswith(name.split("{")[0].replace(".", "_"))
        ),
        "",
    )


@cache
def _by_key() -> dict[str, str]:
    return {name.replace(".", "_"): name for name in declared().attributes}


@cache
def metric(name: str) -> str:
    """The declared metric behind a name in Prometheus; empty if there is none."""
    plain = re.sub(r"_(bucket|count|sum)$", "", name)
    return _by_promql().get(name) or _by_promql().get(plain, "")


@cache
def _by_promql() -> dict[str, str]:
    return {each.promql: name for name, each in declared().metrics.items()}
