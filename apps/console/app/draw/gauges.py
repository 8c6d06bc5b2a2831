"""Gauges: a dial or a bar for each figure, from the panel's least to its most."""

from ...domain.boards import Panel
from ...domain.figures import colour, told
from ...usecases.drawing import Found
from ..markup import Markup, tag
from .paint import Paint

MOST_ROWS, MOST_DIALS = 200, 12


def bars(panel: Panel, found: Found, paint: Paint) -> Markup:
    """One below the other, to be compared."""
    least, most = _ends(panel, found)
    rows = [
        tag("tr", tag("td", name),
            tag("td", tag("i", class_="share", style=f"color:{_hue(panel, value, paint)};"
                f"width:{100 * _share(value, least, most):.1f}%"), class_="wide"),
            tag("td", told(value, panel.defaults), class_="right nowrap"))
        for name, series in found.series[:MOST_ROWS]
        if (value := series.last) is not None
    ]  # fmt: skip
    return tag("table", tag("tbody", *rows), class_="list")


def dials(panel: Panel, found: Found, paint: Paint) -> Markup:
    """Side by side, as far as they are read at a glance."""
    least, most = _ends(panel, found)
    shown = [
        _dial(name if len(found.series) > 1 else "", value, _share(value, least, most),
              panel.styled(name, series.ref), paint)
        for name, series in found.series[:MOST_DIALS]
        if (value := series.last) is not None
    ]  # fmt: skip
    return tag("div", *shown, class_="figures")


ARC = "M10 54A44 44 0 0 1 98 54"
LONG = 138.2
"""Of that half circle."""


def _dial(name: str, value: float, share: float, panel: Panel, paint: Paint) -> Markup:
    hue, done = _hue(panel, value, paint), LONG * share
    drawn = tag(
        "svg",
        tag("path", d=ARC, style=f"stroke:{paint.edge}"),
        tag("path", d=ARC, style=f"stroke:{hue};stroke-dasharray:{done:.1f} {LONG}"),
        viewBox="0 0 108 60", class_="dial", aria_hidden="true",
    )  # fmt: skip
    return tag("div", drawn, tag("b", told(value, panel.defaults), style=f"color:{hue}"),
               tag("span", name, class_="soft"), class_="figure")  # fmt: skip


def _ends(panel: Panel, found: Found) -> tuple[float, float]:
    values = [series.last for _, series in found.series if series.last is not None]
    least = float(panel.defaults.get("min") or 0)
    return least, float(panel.defaults.get("max") or max([1e-9, *values]))


def _share(value: float, least: float, most: float) -> float:
    return min(1.0, max(0.0, (value - least) / ((most - least) or 1.0)))


def _hue(panel: Panel, value: float, paint: Paint) -> str:
    return paint.named(colour(value, panel.defaults) or "text")
