"""Tables as Grafana lays them out: queries joined by their labels, columns named."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...domain.boards import Panel
from ...domain.figures import colour, told
from ...domain.series import Series
from ...usecases.drawing import Found
from ..markup import Markup, tag
from .paint import Paint

Labels = tuple[tuple[str, str], ...]
Rows = Mapping[Labels, Mapping[str, float]]
MOST_ROWS = 200
TIME = "Time"


def table(panel: Panel, found: Found, paint: Paint) -> Markup:
    """A row for each set of labels, a column for each label and each query."""
    rows = _joined(found.series)
    labels = list(dict.fromkeys(name for row in rows for name, _ in row))
    values = list(dict.fromkeys(name for row in rows.values() for name in row))
    columns = _arranged(panel, [*labels, *values])
    head = tag("tr", *(tag("th", title, scope="col", class_="right" if at in values else None)
                       for at, title in columns.items()))  # fmt: skip
    body = [
        tag("tr", *(_cell(panel.styled(title, at, at.removeprefix("Value #")),
                          rows[row].get(at), dict(row).get(at, ""), paint)
                    for at, title in columns.items()))
        for row in list(rows)[:MOST_ROWS]
    ]  # fmt: skip
    return tag("table", tag("thead", head), tag("tbody", *body), class_="list")


def _joined(found: Sequence[tuple[str, Series]]) -> Rows:
    """By labels; a query's figure is called "Value", or "Value #A" beside others'."""
    refs = {series.ref for _, series in found}
    rows: dict[Labels, dict[str, float]] = {}
    for _, series in found:
        if series.last is None:
            continue
        labels = tuple(
            (k, v) for k, v in sorted(series.labels.items()) if k != "__name__"
        )
        name = f"Value #{series.ref}" if len(refs) > 1 else "Value"
        rows.setdefault(labels, {})[name] = series.last
    return rows


def _arranged(panel: Panel, names: Sequence[str]) -> dict[str, str]:
    """Which columns there are, in which order, under which titles."""
    said = _change(panel, "organize")
    left_out, places = said.get("excludeByName", {}), said.get("indexByName", {})
    titles = said.get("renameByName", {})
    kept = [name for name in names if not left_out.get(name) and name != TIME]
    kept.sort(key=lambda name: places.get(name, len(places)))
    return {name: titles.get(name) or _title(panel, name) for name in kept}


def _title(panel: Panel, name: str) -> str:
    """A query's legend, where it has a plain one; else what it is called."""
    legends = {f"Value #{query.ref}": query.legend for query in panel.queries}
    legend = legends.get(name, "")
    return legend if legend and "{{" not in legend and legend != "__auto" else name


def _cell(styled: Panel, value: float | None, label: str, paint: Paint) -> Markup:
    """A figure in its unit and colour, or a label."""
    if value is None:
        return tag("td", label)
    hue = paint.named(colour(value, styled.defaults) or "text")
    said = told(value, styled.defaults)
    return tag("td", said, class_="right nowrap", style=f"color:{hue}")


def _change(panel: Panel, kind: str) -> Mapping[str, Any]:
    found = (each for each in panel.changes if each.get("id") == kind)
    said: Mapping[str, Any] = next(found, {}).get("options") or {}
    return said
