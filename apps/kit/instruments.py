"""Counters, gauges and histograms that pick their own labels from a fact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from uuid import UUID

from opentelemetry import metrics, trace
from opentelemetry.trace import NonRecordingSpan, SpanContext
from opentelemetry.util.types import AttributeValue

from apps.kit import baggage
from apps.kit.masking import masked

Value = str | int | float | bool | UUID | StrEnum
Facts = Mapping[str, Value | None]
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bucket bounds that the semantic conventions advise for durations in seconds."""

_meter = metrics.get_meter("payscope")

_UNITS = {"s": "_seconds", "By": "_bytes", "1": "_ratio"}


@dataclass(frozen=True)
class Counter:
    """Counts facts, by the closed sets of values named in `by`.

    `most`: how many sets of labels a process tells, where not all go together.
    """

    name: str
    unit: str
    about: str
    by: tuple[str, ...] = ()
    most: int | None = None
    _instrument: metrics.Counter = field(init=False, repr=False)

    def __post_init__(self) -> None:
        made = _meter.create_counter(self.name, unit=self.unit, description=self.about)
        object.__setattr__(self, "_instrument", made)

    @property
    def promql(self) -> str:
        """Its name as Prometheus stores it."""
        return f"{_prometheus_name(self.name, self.unit)}_total"

    def add(self, facts: Facts, amount: float = 1) -> None:
        """Count, picking its own labels from the facts."""
        self._instrument.add(amount, _labels(self.by, facts))


@dataclass(frozen=True)
class Gauge:
    """Keeps the last of what was measured, by the closed sets of values in `by`."""

    name: str
    unit: str
    about: str
    by: tuple[str, ...] = ()
    most: int | None = None
    _instrument: metrics._Gauge = field(init=False, repr=False)

    def __post_init__(self) -> None:
        made = _meter.create_gauge(self.name, unit=self.unit, description=self.about)
        object.__setattr__(self, "_instrument", made)

    @property
    def promql(self) -> str:
        """Its name as Prometheus stores it."""
        return _prometheus_name(self.name, self.unit)

    def set(self, value: float, facts: Facts) -> None:
        """It is this now, until it is set again."""
        values = [facts.get(key) for key in self.by]
        self._instrument.set(value, _labelled(self.by, *values))


@dataclass(frozen=True)
class Histogram:
    """Spreads measurements over buckets, by the closed sets of values named in `by`."""

    name: str
    unit: str
    about: str
    by: tuple[str, ...] = ()
    bounds: Sequence[float] = SECONDS
    most: int | None = None
    _instrument: metrics.Histogram = field(init=False, repr=False)

    def __post_init__(self) -> None:
        made = _meter.create_histogram(
            self.name,
            unit=self.unit,
            description=self.about,
            explicit_bucket_boundaries_advisory=self.bounds,
        )
        object.__setattr__(self, "_instrument", made)

    @property
    def promql(self) -> str:
        """Its name as Prometheus stores it, without `_bucket`, `_count`, `_sum`."""
        return _prometheus_name(self.name, self.unit)

    def record(
        self, value: float, facts: Facts, *, under: SpanContext | None = None
    ) -> None:
        """Keep one measurement, in this histogram's unit.

        Its exemplar leads to the current span, or to the one named by `under`.
        """
        where = under and trace.set_span_in_context(NonRecordingSpan(under))
        self._instrument.record(value, _labels(self.by, facts), where)


def _labels(by: tuple[str, ...], facts: Facts) -> Mapping[str, AttributeValue]:
    """What is counted under a probe has one label more: no customer's figure has it."""
    values = [facts.get(key) for key in by]
    if baggage.is_probe():
        return _labelled((*by, baggage.JOURNEY), *values, baggage.PROBE)
    return _labelled(by, *values)


@lru_cache(maxsize=4096, typed=True)
def _labelled(
    by: tuple[str, ...], *values: Value | None
) -> Mapping[str, AttributeValue]:
    """Labels are closed sets: the same ones come again and again."""
    pairs = zip(by, values, strict=True)
    return {key: plain(value) for key, value in pairs if value is not None}


def plain(value: Value) -> AttributeValue:
    """A value as telemetry takes it, masked."""
    if type(value) is str:
        return masked(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    return masked(value) if isinstance(value, str) else value


def _prometheus_name(name: str, unit: str) -> str:
    return name.replace(".", "_") + _UNITS.get(unit, "")
