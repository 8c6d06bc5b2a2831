"""How many series a metric may have: from the ends of its labels, or as it says itself."""

import math

from apps.kit.instruments import Histogram

from .declared import Metric, declared

MOST = 200
"""Above this a metric has to say how many sets of labels a process tells of it."""


class Endless(ValueError):
    """A label's values have no end, or the metric does not say where it ends."""


def budget(metric: Metric) -> int:
    """Sets of labels that one process may tell, at most."""
    attributes = declared().attributes
    ends = [attributes[label].end for label in metric.by]
    if None in ends:
        without = [label for label in metric.by if attributes[label].end is None]
        raise Endless(f"{metric.name}: {', '.join(without)} may be anything")
    together = math.prod(end or 1 for end in ends)
    if metric.most is None and together > MOST:
        raise Endless(f"{metric.name}: up to {together} together; say `most`")
    return min(together, metric.most or together)


def series(metric: Metric) -> int:
    """What Prometheus keeps for one process: a histogram has its buckets besides."""
    each = len(metric.bounds) + 3 if isinstance(metric, Histogram) else 1
    return budget(metric) * each
