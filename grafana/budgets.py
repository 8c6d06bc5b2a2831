"""Questions about the promises of prometheus/slo.toml: their budgets, and how fast they go."""

from prometheus import slo

BURNT = {each.name: each for each in slo.load().slos if each.events or each.counters}
"""Those of which it is counted what was bad."""
BURNS = slo.load().burns
LOOKED_BACK = BURNS[-1].long
"""The longest window that is counted."""


def left(name: str) -> str:
    """The share of a budget that is left: what was bad in three days, of what may be."""
    bad = f'slo:bad:ratio_rate{LOOKED_BACK}{{slo="{name}"}}'
    return f"clamp_min(1 - {bad} / {BURNT[name].budget:.6g}, 0)"


def burn(name: str, window: str) -> str:
    """How many times faster than allowed the budget goes: 1 uses it up in the 30 days."""
    return f'slo:bad:ratio_rate{window}{{slo="{name}"}} / {BURNT[name].budget:.6g}'
