"""Every metric that our code declares, by its name; a renamed one fails the build."""

import importlib
import pkgutil
from functools import cache

import apps
from apps.kit.baggage import JOURNEY, PROBE
from apps.kit.instruments import Counter, Gauge, Histogram

from .slo import Unpromised

Signal = Counter | Gauge | Histogram


@cache
def declared() -> dict[str, Signal]:
    """What any of our modules makes."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(apps.__path__, "apps.")
        if not found.name.endswith("__main__")
    ]
    return {
        value.name: value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, Counter | Gauge | Histogram)
    }


def customers(signal: Signal) -> list[str]:
    """Matchers that leave out what only the probe did; its own metrics have no others."""
    is_of_probe = signal.name.startswith("probe.")
    return [] if is_of_probe else [f'{JOURNEY.replace(".", "_")}!="{PROBE}"']


def named(name: str) -> Signal:
    if name not in declared():
        raise Unpromised(f"no signal is called {name}")
    return declared()[name]
