"""Whatever leaves a service is declared: what it means, of which type, how many there are."""

import re

import pytest

from apps.kit.declaring import Standard
from contract import sources
from contract.budget import budget
from contract.declared import declared
from contract.meaning import conventions
from contract.registry import instrument

CONTRACT = declared()
LITERALS = sources.literals()
VALUES = {value for each in CONTRACT.attributes.values() for value in each.closed}
NO_NAMES = re.compile(
    r"(pay|jobs)\.v1\..*"  # subjects: docs/asyncapi.json has them
    r"|http\.(request|disconnect|response\.(start|body))|websocket\.close"  # ASGI's messages
    r"|[\w.]+\.(json|toml)|[\d.]+"  # files, versions, addresses
    r"|granian\.access|opentelemetry\.exporter"  # loggers of libraries
    r"|breaker\.hold"  # what a fleet is asked
)


def test_nothing_is_declared_twice():
    assert CONTRACT.twice == []


def test_what_is_written_like_a_name_is_declared():
    known = {
        *CONTRACT.attributes,
        *CONTRACT.events,
        *CONTRACT.spans,
        *CONTRACT.metrics,
        *VALUES,
    }
    undeclared = [
        str(each)
        for each in LITERALS
        if each.text not in known and not NO_NAMES.fullmatch(each.text)
    ]

    assert undeclared == [], "declare it beside the service's signals: docs/signals.md"


def test_what_is_declared_is_told():
    told = {each.text for each in LITERALS}
    untold = [
        name
        for names in (CONTRACT.attributes, CONTRACT.events, CONTRACT.metrics)
        for name in names
        if sources.NAME.fullmatch(name) and name not in told
    ]

    assert untold == []


@pytest.mark.parametrize("event", CONTRACT.events.values(), ids=lambda each: each.name)
def test_an_event_has_declared_attributes(event):
    assert event.attributes.keys() <= CONTRACT.attributes.keys()
    assert not set(event.always.split()) & set(event.maybe.split())
    assert event.about.endswith(".")


@pytest.mark.parametrize("span", CONTRACT.spans.values(), ids=lambda each: each.name)
def test_a_span_has_declared_attributes(span):
    assert span.attributes.keys() <= CONTRACT.attributes.keys()
    assert span.about.endswith(".")


@pytest.mark.parametrize(
    "metric", CONTRACT.metrics.values(), ids=lambda each: each.name
)
def test_a_metric_has_declared_labels_and_an_end(metric):
    assert set(metric.by) <= CONTRACT.attributes.keys()
    assert metric.about.endswith(".")
    assert 1 <= budget(metric) <= 200


@pytest.mark.parametrize(
    "attribute", CONTRACT.attributes.values(), ids=lambda each: each.name
)
def test_an_attribute_says_what_it_means_and_shows_it(attribute):
    if isinstance(attribute, Standard):
        said = conventions()[attribute.name]
        assert said.brief or said.deprecated
        assert bool(said.deprecated) == bool(attribute.kept)
    else:
        assert attribute.name not in conventions(), "it is a standard name"
        assert attribute.about.endswith(".") or attribute.closed
    shown = attribute.example
    if shown is None:
        assert attribute.closed
    else:
        assert type(shown) is attribute.type
    if attribute.values and shown is not None:
        assert shown in attribute.closed


@pytest.mark.parametrize("name", sorted(CONTRACT.metrics.keys() & conventions().keys()))
def test_a_standard_metric_is_what_the_conventions_say(name):
    """What they count up and down we measure: in Prometheus both are gauges."""
    metric, said = CONTRACT.metrics[name], conventions()[name]
    told = instrument(metric)

    assert metric.unit == said.unit
    assert said.instrument == told or (said.instrument, told) == (
        "updowncounter",
        "gauge",
    )
