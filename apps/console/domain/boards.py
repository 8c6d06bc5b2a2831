"""A board as Grafana's JSON has it: panels, queries, variables; nothing is defined twice."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from .variables import Variable

Json = Mapping[str, Any]

SKINS = {"statetimeline": "state-timeline", "nodegraph": "nodeGraph"}
MAP = "serviceMap"
"""What Grafana calls the question for the service graph; Prometheus has the answer."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a panel asks of whom."""

    source: str
    """prometheus, loki or tempo"""
    expr: str
    legend: str = ""
    is_instant: bool = False
    has_exemplars: bool = False
    limit: int = 500
    ref: str = ""
    asks: str = ""
    """Grafana's queryType: traceql, serviceMap, range, …"""

    @classmethod
    def of(cls, said: Json, source: Json) -> Self:
        own = said.get("datasource") or source or {}
        kind = own.get("type", "prometheus") if isinstance(own, Mapping) else str(own)
        asks = str(said.get("queryType") or "")
        expr = said.get("serviceMapQuery") if asks == MAP else said.get("expr")
        return cls(
            kind,
            str(expr or said.get("query") or ""),
            said.get("legendFormat") or "",
            bool(said.get("instant")) and not said.get("range"),
            bool(said.get("exemplar")),
            int(said.get("maxLines") or said.get("limit") or 500),
            str(said.get("refId") or ""),
            asks,
        )


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, and where it stands on a grid of 24 columns."""

    id: int
    kind: str
    title: str
    about: str
    place: tuple[int, int, int, int]
    queries: tuple[Query, ...]
    defaults: Json = field(default_factory=dict)
    options: Json = field(default_factory=dict)
    overrides: tuple[Json, ...] = ()
    changes: tuple[Json, ...] = ()
    """Grafana's transformations, of which a table takes its columns' names."""

    @classmethod
    def of(cls, said: Json) -> Self:
        at, config = said.get("gridPos", {}), said.get("fieldConfig", {})
        source = said.get("datasource") or {}
        kind = str(said["type"])
        return cls(
            int(said.get("id", 0)),
            SKINS.get(kind, kind),
            said.get("title") or "",
            said.get("description") or "",
            (at.get("x", 0), at.get("y", 0), at.get("w", 24), at.get("h", 8)),
            tuple(Query.of(each, source) for each in said.get("targets") or []),
            config.get("defaults", {}),
            said.get("options", {}),
            tuple(config.get("overrides", [])),
            tuple(said.get("transformations") or []),
        )

    @property
    def custom(self) -> Json:
        found: Json = self.defaults.get("custom", {})
        return found

    def styled(self, *names: str) -> Self:
        """As its overrides have it for a field: called so, or asked for as so."""
        own = {
            str(each["id"]): each.get("value")
            for override in self.overrides
            if _is_meant(override.get("matcher", {}), names)
            for each in override.get("properties", [])
        }
        return replace(self, defaults={**self.defaults, **own}) if own else self

    @property
    def unit(self) -> str:
        return str(self.defaults.get("unit", "short"))

    @property
    def nothing(self) -> str:
        """What is shown where there is nothing to show."""
        return str(self.defaults.get("noValue", "No data."))


@dataclass(frozen=True, slots=True)
class Board:
    """A page of panels."""

    uid: str
    title: str
    about: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...]
    since: str
    refresh: str
    marks: tuple[Json, ...]
    links: tuple[tuple[str, str], ...]
    tags: tuple[str, ...] = ()
    has_folded: bool = False

    @classmethod
    def of(cls, said: Json) -> Self:
        return cls(
            str(said["uid"]),
            str(said["title"]),
            said.get("description") or "",
            tuple(Panel.of(each) for each in _flat(said.get("panels") or [])),
            tuple(Variable.of(each) for each in said["templating"].get("list", []))
            if "templating" in said
            else (),
            said.get("time", {}).get("from", "now-15m"),
            said.get("refresh") or "",
            tuple(
                each
                for each in said.get("annotations", {}).get("list", [])
                if each.get("enable") and each.get("expr")
            ),
            tuple(
                (str(each["title"]), str(each["url"]))
                for each in said.get("links") or []
                if each.get("url")
            ),
            tuple(map(str, said.get("tags") or [])),
            any(each.get("panels") for each in said.get("panels") or []),
        )

    def where(self, panel: Panel) -> str:
        """Its place on the page's grid; what a folded row holds lies one after the other."""
        x, y, wide, high = panel.place
        first = min(each.place[1] for each in self.panels)
        row = "auto" if self.has_folded else str(y - first + 1)
        column = "auto" if self.has_folded else str(x + 1)
        return f"--x:{column};--y:{row};--w:{wide};--h:{high}"


def _is_meant(matcher: Json, names: tuple[str, ...]) -> bool:
    wanted = str(matcher.get("options", ""))
    match matcher.get("id"):
        case "byName" | "byFrameRefID":
            return wanted in names
        case "byRegexp":
            return any(re.fullmatch(wanted.strip("/"), name) for name in names)
    return False


def first_row(board: Board) -> Board:
    """The board with the panels of its first row alone, for a page that shows them too."""
    rows = [at for at, panel in enumerate(board.panels) if panel.kind == "row"]
    end = rows[1] if len(rows) > 1 else len(board.panels)
    shown = (each for each in board.panels[:end] if each.kind != "row")
    return replace(board, panels=tuple(shown))


def _flat(panels: list[Json]) -> Iterator[Json]:
    """A folded row holds its panels itself."""
    for panel in panels:
        yield panel
        if panel.get("type") == "row":
            yield from panel.get("panels") or []
