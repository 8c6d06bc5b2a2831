"""A board's choices: time, refresh and variables, from its address and its form."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from ..domain.asking import ALL
from ..domain.boards import Board
from ..domain.windows import Window
from .markup import Markup, tag

TIMES = {"now-5m": "Last 5 minutes", "now-15m": "Last 15 minutes", "now-1h": "Last hour",
         "now-6h": "Last 6 hours", "now-24h": "Last 24 hours"}  # fmt: skip
FRESH = {"": "Off", "5s": "5 s", "10s": "10 s", "30s": "30 s", "1m": "1 min"}
ON_TOOL = """(e) => {
  const form = e.target.closest(".tools"); const told = {};
  for (const field of form.querySelectorAll("[name]"))
    told[field.name] = field.multiple ? [...field.selectedOptions].map((o) => o.value) : [field.value];
  emit(told);
}"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the reader chose: a time, variables, how often it is asked again."""

    since: str
    fixed: Window | None
    refresh: str
    choices: Mapping[str, list[str]]


def asked_of(said: QueryParams, board: Board) -> Asked:
    """As the address says it, in Grafana's words; else as the board does."""
    since, until = said.get("from", board.since), said.get("to", "now")
    fixed = None
    if since.isdecimal() and until.isdecimal() and since < until:
        fixed = Window(int(since) / 1000, int(until) / 1000)
    choices = {
        each.name: said.getlist(f"var-{each.name}") or list(each.first)
        for each in board.variables
    }
    is_known = since.startswith("now-")
    return Asked(
        since if is_known else board.since,
        fixed,
        said.get("refresh", board.refresh),
        choices,
    )


def address(board: Board, asked: Asked) -> str:
    """Where the board is seen as it is seen now, in Grafana's words."""
    fixed = asked.fixed
    said: dict[str, object] = {
        "from": int(fixed.start * 1000) if fixed else asked.since,
        "to": int(fixed.end * 1000) if fixed else "now",
        "refresh": asked.refresh,
    }
    said |= {f"var-{name}": chosen for name, chosen in asked.choices.items() if chosen}
    return f"/d/{board.uid}?{urlencode(said, doseq=True)}"


ON_BACK = """(e) => { if (e.target.closest("[data-back]")) emit("back"); }"""


def tools(board: Board, asked: Asked, options: Mapping[str, list[str]]) -> Markup:
    """Time, refresh and the board's variables."""
    times = dict(TIMES) | ({"": "As dragged"} if asked.fixed else {})
    chosen = "" if asked.fixed else asked.since
    told = [
        _choice("Time", "from", times, [chosen]),
        _choice("Again every", "refresh", FRESH, [asked.refresh]),
    ]
    if asked.fixed:
        told.append(
            tag(
                "button",
                "Back from the zoom",
                type="button",
                class_="button",
                data_back="yes",
            )
        )
    for each in board.variables:
        now = list(asked.choices.get(each.name, ()))
        if each.kind == "textbox":
            field = tag("input", name=f"var-{each.name}", value="".join(now))
            told.append(tag("label", each.title, field, class_="field"))
            continue
        names = {ALL: "All"} if each.has_all else {}
        names |= {
            value: value
            for value in [*options.get(each.name, ()), *now]
            if value != ALL
        }
        told.append(_choice(each.title, f"var-{each.name}", names, now or [ALL]))
    return tag("div", *told, class_="row tools")


def _choice(
    title: str, name: str, options: Mapping[str, str], chosen: list[str]
) -> Markup:
    made = [
        tag("option", said, value=key, selected="selected" if key in chosen else None)
        for key, said in options.items()
    ]
    return tag("label", title, tag("select", *made, name=name), class_="field")
