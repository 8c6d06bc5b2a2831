"""Queries made from signals: a renamed metric or label fails the build, not the on-call."""

from collections.abc import Sequence

from apps.kit.signals import Counter, Gauge, Histogram
from prometheus.signals import customers

WINDOW = "$__rate_interval"

Signal = Counter | Gauge | Histogram


class Unknown(Exception):
    """A board asks a signal for a label that it does not have."""


def per_second(signal: Counter | Histogram, *by: str, where: str = "") -> str:
    """How often, split by some of the signal's own attributes."""
    series = signal.promql if isinstance(signal, Counter) else f"{signal.promql}_count"
    chosen = _customers(signal, where)
    return f"sum{_by(signal, by)}(rate({series}{chosen}[{WINDOW}]))"


def share(part: str, whole: str) -> str:
    """One rate over another: nothing while there is no traffic, 0 while no part of it."""
    return f"({part} or 0 * {whole}) / ({whole} > 0)"


def quantile(share: float, signal: Histogram, *by: str, where: str = "") -> str:
    """What that share of the measurements stayed below."""
    series = f"{signal.promql}_bucket{_customers(signal, where)}"
    split = _by(signal, by, "le")
    return f"histogram_quantile({share}, sum{split}(rate({series}[{WINDOW}])))"


def worst(signal: Gauge, *by: str, where: str = "") -> str:
    """The highest that any replica says: all measure the same thing."""
    return f"max{_by(signal, by)}({signal.promql}{_where(where)})"


def together(signal: Gauge, *by: str, where: str = "") -> str:
    """What all replicas have, where each has its own part."""
    return f"sum{_by(signal, by)}({signal.promql}{_where(where)})"


def label(attribute: str) -> str:
    """An attribute's name as Prometheus and Loki store it."""
    return attribute.replace(".", "_")


def legend(*attributes: str) -> str:
    """The values of these attributes, side by side."""
    return " ".join(f"{{{{{label(name)}}}}}" for name in attributes)


RESOURCE = ("service.name", "service.instance.id")
"""Promoted from the resource: every signal has them."""


def _by(signal: Signal, names: Sequence[str], *also: str) -> str:
    for name in names:
        if name not in (*signal.by, *RESOURCE):
            raise Unknown(f"{signal.name} is not split by {name}")
    split = ", ".join([*also, *map(label, names)])
    return f" by ({split}) " if split else ""


def _customers(signal: Signal, condition: str) -> str:
    """What the probe does is on no board but in its own panels."""
    return _where(", ".join(filter(None, [condition, *customers(signal)])))


def _where(condition: str) -> str:
    return f"{{{condition}}}" if condition else ""
