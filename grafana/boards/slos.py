"""Promises: what is left of their budgets, and how fast they burn in each window."""

from collections.abc import Callable
from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana import budgets
from grafana.house import asked, lines
from grafana.kinds import bars
from grafana.panels import Panel, drawn

WHAT = "What was promised, what is left of the budgets, and how fast they burn."
DOORS = {"What fires": "payscope-alerts", "Home": "payscope-home"}
WINDOWS = tuple(
    dict.fromkeys(
        window for each in budgets.BURNS for window in (each.short, each.long)
    )
)
PAGED = budgets.BURNS[0].rate


def left() -> Panel:
    about = (
        "What is left of the last three days' budgets. Below a quarter it is red: "
        "finish what you have begun, and begin nothing risky."
    )
    asking = {name: budgets.left(name) for name in budgets.BURNT}
    return bars("Budgets left", about, asking, share=1)


def burning(name: str) -> Panel:
    """One promise: 1 is as fast as allowed; the quickest page is at 14.4."""
    promise = budgets.BURNT[name]
    about = (
        f"{promise.meaning} Promised for {promise.objective:.1%}. Burn rate by "
        f"window: 1 lasts the 30 days, {PAGED:g} in 1h and 5m wakes somebody."
    )
    panel = lines(name, about, "short")
    for window in WINDOWS:
        panel.with_target(asked(budgets.burn(name, window), window))
    return panel


def counted() -> Panel:
    about = "What the promises are measured by: the more there is, the surer they are."
    panel = lines("Events counted", about, "eps")
    return panel.with_target(asked("slo:events:rate5m", "{{slo}}"))


BURNING: tuple[Callable[[], Panel], ...] = tuple(
    partial(burning, name) for name in budgets.BURNT
)
ROWS = {"Budgets": (left,), "Burn rates": (*BURNING, counted)}


def slos() -> Dashboard:
    return drawn("payscope-slos", "SLO and burn rate", WHAT, ROWS, DOORS)
