"""Pages that need nothing but themselves: styles, charts and Plotly are inside."""

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from native.paths import ROOT

TEMPLATES = ROOT / "loadtests" / "report" / "templates"

PLOTLY = files("plotly") / "package_data" / "plotly.min.js"


def page(template: str, values: Mapping[str, Any]) -> str:
    """One HTML file; scripts are left out where there is nothing to draw."""
    source = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    source.filters.update(ms=ms, percent=percent, clock=clock, number=number)
    return source.get_template(template).render(
        **values,
        style=(TEMPLATES / "style.css").read_text(encoding="utf-8"),
        drawing=(TEMPLATES / "drawing.js").read_text(encoding="utf-8"),
        plotly=PLOTLY.read_text(encoding="utf-8") if values["charts"] else "",
    )


def ms(seconds: float) -> str:
    """Milliseconds with three digits that matter."""
    value = 1000 * seconds
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def percent(share: float) -> str:
    return f"{share:.2%}"


def number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"


def clock(instant: float) -> str:
    return f"{datetime.fromtimestamp(instant, UTC):%Y-%m-%d %H:%M:%S} UTC"
