"""Is what arrived what is declared? And did all that is declared arrive?"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from apps.kit import declaring
from apps.kit.names.calls import AMBIENT

from . import sources, telling
from .arriving import Arrived, Told
from .budget import budget
from .declared import declared
from .foreign import is_foreign
from .matching import attribute, metric, spans_called
from .rare import RARE

OF_FAULT = {"exception.type", "exception.message", "exception.stacktrace"}
"""A line that tells of a fault has them besides."""

_ENDS = "request.duration"

OF_PROMETHEUS = frozenset(
    {
        *("__name__", "le", "job", "instance", "collector_instance_id"),
        *("service_name", "service_namespace", "service_version"),
        *("service_instance_id", "deployment_environment_name"),
        *("otel_scope_name", "otel_scope_version", "otel_scope_schema_url"),
        "payscope_journey",
    }
)
"""Labels that any series may have."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What does not fit, once for each name."""

    what: str
    """undeclared, lacking, silent or over budget."""
    name: str
    detail: str


def judged(arrived: Arrived) -> list[Finding]:
    """All that does not fit; none is what we want."""
    found = {each for told in _ours(arrived.lines) for each in _event(told)}
    found |= {each for told in _ours(arrived.events) for each in _on_span(told)}
    found |= {each for told in _ours(arrived.spans) for each in _span(told)}
    found |= set(_series(arrived))
    found |= {
        Finding("silent", name, "declared, and never came")
        for name in missing(arrived) - RARE.keys()
    }
    return sorted(found)


def _ours(all_of_them: set[Told]) -> list[Told]:
    return [told for told in all_of_them if told.service in sources.services()]


def _on_span(told: Told) -> Iterator[Finding]:
    """What a request ends in has more on its line than on its span."""
    event = declared().events.get(told.name)
    ends = event is not None and _ENDS in event.attributes
    yield from (each for each in _event(told) if not (ends and each.what == "lacking"))


def _event(told: Told) -> Iterator[Finding]:
    event = declared().events.get(told.name)
    if event is None:
        yield Finding("undeclared", told.name, f"an event, told by {told.service}")
        return
    if told.service not in telling.services_of(told.name):
        yield Finding("undeclared", told.name, f"not by {told.service}, it says")
    known = {*event.attributes, *AMBIENT, *OF_FAULT}
    if _ENDS in event.attributes:
        known |= _of_endings()
    yield from _keys(told, known, event.always)


@cache
def _of_endings() -> set[str]:
    """A request may turn from one end to another, and its line has the facts of both."""
    endings = [each for each in declared().events.values() if _ENDS in each.attributes]
    return {name for each in endings for name in each.attributes}


def _keys(told: Told, known: set[str], always: str) -> Iterator[Finding]:
    named = {key: attribute(key) for key in told.keys}
    for key, name in named.items():
        if name not in known:
            yield Finding("undeclared", told.name, f"has {key}: {told.service}")
    for name in set(always.split()) - set(named.values()):
        yield Finding("lacking", told.name, f"without {name}: {told.service}")


def _span(told: Told) -> Iterator[Finding]:
    """What is told inside a span is on it: any attribute may be, that somebody declares."""
    candidates = spans_called(told.name, told.kind)
    if not candidates:
        yield Finding("undeclared", told.name, f"a {told.kind} span: {told.service}")
        return
    span = min(candidates, key=lambda each: len(_lacks(each, told)))
    yield from _keys(told, set(declared().attributes), span.always)


def _lacks(span: declaring.Span, told: Told) -> set[str]:
    return set(span.always.split()) - told.keys


def _series(arrived: Arrived) -> Iterator[Finding]:
    for name, series in arrived.series.items():
        if not (found := metric(name)):
            if is_foreign(name, "metric"):
                continue
            tellers = {
                each.get("service_name", each.get("job", "?")) for each in series
            }
            yield Finding("undeclared", name, f"a metric: {', '.join(sorted(tellers))}")
            continue
        labels = {label.replace(".", "_") for label in declared().metrics[found].by}
        for label in {key for each in series for key in each} - labels - OF_PROMETHEUS:
            yield Finding("undeclared", found, f"has the label {label}")
        most, known = max(counted(series).values()), budget(declared().metrics[found])
        if most > known:
            yield Finding("over budget", found, f"{most} sets of labels, of {known}")


def counted(series: list[Mapping[str, str]]) -> Counter[str]:
    """Sets of labels of each process: buckets, and who is behind it, are no labels."""
    sets = {
        (
            each.get("service_instance_id", ""),
            tuple(sorted((k, v) for k, v in each.items() if k not in OF_PROMETHEUS)),
        )
        for each in series
    }
    return Counter(process for process, _labels in sets)


def missing(arrived: Arrived) -> set[str]:
    """Names that are declared and that nobody sent."""
    contract = declared()
    events = {told.name for told in arrived.lines | arrived.events}
    spans = {
        span.name
        for told in arrived.spans
        for span in spans_called(told.name, told.kind)
    }
    metrics = {metric(name) for name in arrived.series}
    keys = {
        attribute(key)
        for told in arrived.lines | arrived.events | arrived.spans
        for key in told.keys
    }
    labels = {
        attribute(key)
        for name, series in arrived.series.items()
        if metric(name)
        for each in series
        for key in each
    }
    return (
        (contract.events.keys() - events)
        | (contract.spans.keys() - spans)
        | (contract.metrics.keys() - metrics)
        | (contract.attributes.keys() - keys - labels)
    )
