"""A board's queries with the reader's choices put in, as Grafana does it."""

import re
from collections.abc import Mapping, Sequence

from .variables import Variable
from .windows import Window

HOLE = re.compile(r"\$\{(\w+)(?::(\w+))?\}|\$(\w+)|\[\[(\w+)\]\]")
ALL = "$__all"

Choices = Mapping[str, Sequence[str]]


def filled(
    text: str, window: Window, variables: Sequence[Variable], choices: Choices
) -> str:
    """Every hole that is known is filled; what is not known stays as it is."""
    own = {each.name: each for each in variables}
    times = _times(window)

    def put(hole: re.Match[str]) -> str:
        name = hole[1] or hole[3] or hole[4]
        if name in times:
            return times[name]
        if name not in own:
            return hole[0]
        return _value(own[name], choices.get(name, own[name].first), hole[2] or "")

    return HOLE.sub(put, text)


def _times(window: Window) -> dict[str, str]:
    whole = max(1, round(window.length))
    return {
        "__rate_interval": f"{window.rate_s}s",
        "__interval": f"{window.step}s",
        "__auto": f"{window.step}s",
        "__interval_ms": str(window.step * 1000),
        "__range": f"{whole}s",
        "__range_s": str(whole),
        "__range_ms": str(whole * 1000),
        "__from": str(round(window.start * 1000)),
        "__to": str(round(window.end * 1000)),
    }


def _value(variable: Variable, chosen: Sequence[str], how: str) -> str:
    if variable.kind == "textbox":
        return _escaped("".join(chosen)) if how != "raw" else "".join(chosen)
    if not chosen or ALL in chosen:
        return variable.all_value if variable.has_all else ""
    if not variable.is_many and how not in {"regex", "pipe"}:
        return chosen[0]
    # A backslash in a PromQL or LogQL string is written twice.
    quoted = [
        re.escape(each).replace("\\-", "-").replace("\\", "\\\\") for each in chosen
    ]
    return quoted[0] if len(quoted) == 1 else f"({'|'.join(quoted)})"


def _escaped(text: str) -> str:
    """What a reader types stays inside its quotes."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
