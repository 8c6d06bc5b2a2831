"""Colours of figures, at the limits that prometheus/slo.toml promises."""

from grafana_foundation_sdk.builders import common, timeseries
from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.common import GraphThresholdsStyleMode
from grafana_foundation_sdk.models.dashboard import Threshold, ThresholdsMode

from .budgets import BURNT


def coloured(*steps: tuple[float | None, str]) -> ThresholdsConfig:
    """From which figure on it has which colour; None is for the least."""
    limits = [Threshold(value=value, color=colour) for value, colour in steps]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(limits)


def kept(name: str) -> ThresholdsConfig:
    """Of the share that was good: red where it is less than was promised."""
    return coloured((None, "red"), (BURNT[name].objective, "green"))


def failed(name: str) -> ThresholdsConfig:
    """Of the share that was bad: red where it is more than the budget."""
    return coloured((None, "green"), (BURNT[name].budget, "red"))


def within(name: str) -> ThresholdsConfig:
    """Of a wait: red from the time on that was promised."""
    return coloured((None, "green"), (promised_s(name), "red"))


def promised_s(name: str) -> float:
    """How long it may take."""
    events = BURNT[name].events
    if events is None or events.within_s is None:
        raise ValueError(f"{name} promises no time")
    return events.within_s


def promised(name: str) -> str:
    """The same, as TraceQL writes it."""
    return f"{promised_s(name) * 1000:g}ms"


def ruled(panel: timeseries.Panel, limits: ThresholdsConfig) -> timeseries.Panel:
    """The same lines, with a dashed one at the limit."""
    style = common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED)
    return panel.thresholds(limits).thresholds_style(style)
