"""Spans of our own say what the SDK's say, and give way where only those will do."""

import subprocess
import sys

import pytest
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
)

from apps.kit.signals import started
from apps.kit.spans import Lean
from apps.kit.tracing import begun

SAMPLED = TraceFlags(TraceFlags.SAMPLED)
ABOVE = SpanContext(7, 8, True, SAMPLED)


def under(context):
    return trace.set_span_in_context(NonRecordingSpan(context), Context())


def test_a_span_begins_a_trace_or_goes_on_with_one(told):
    with (
        started("outer", SpanKind.SERVER, context=Context()),
        started("inner", SpanKind.INTERNAL),
    ):
        pass

    outer, inner = told.span("outer"), told.span("inner")
    assert outer.parent is None
    assert inner.parent == outer.context
    assert inner.context.trace_id == outer.context.trace_id
    assert outer.context.trace_flags.sampled
    assert outer.start_time <= inner.start_time <= inner.end_time <= outer.end_time


def test_a_span_is_ours_and_says_all_that_it_was_told(told):
    with started(
        "a", SpanKind.CLIENT, context=under(ABOVE), attributes={"x": 1}
    ) as ours:
        ours.set_attribute("y", "2")
        ours.set_attributes({"z": 3.0})
        ours.add_event("met", {"e": 1})
        ours.add_link(SpanContext(5, 6, True), {"l": 1})
        ours.add_link(SpanContext(0, 0, True))
        ours.update_name("b")
        ours.set_status(StatusCode.ERROR, "said")
        ours.set_status(Status(StatusCode.UNSET))

    assert isinstance(ours, Lean)
    span = told.span("b")
    assert dict(span.attributes) == {"x": 1, "y": "2", "z": 3.0}
    assert [(e.name, dict(e.attributes)) for e in span.events] == [("met", {"e": 1})]
    assert [link.context.span_id for link in span.links] == [6]
    assert (span.parent, span.kind) == (ABOVE, SpanKind.CLIENT)
    assert span.status.status_code is StatusCode.ERROR
    assert span.resource.attributes["service.name"]
    assert span.instrumentation_scope.name == "payscope"


def test_what_is_said_after_the_end_is_not_told(told):
    ours = begun("a", SpanKind.INTERNAL, Context())
    ours.end()
    ours.end()
    ours.set_attribute("x", 1)
    ours.set_attributes({"x": 1})
    ours.add_event("met")
    ours.add_link(ABOVE)
    ours.update_name("b")
    ours.set_status(StatusCode.ERROR)

    span = told.span("a")
    assert not ours.is_recording()
    assert (dict(span.attributes), span.events, span.links) == ({}, (), ())
    assert span.status.is_unset


def test_an_exception_is_named_and_its_text_is_not_told(told):
    with started("a", SpanKind.INTERNAL) as ours:
        ours.record_exception(ValueError("5204460010000007"))

    (event,) = told.span("a").events
    assert dict(event.attributes) == {"exception.type": "ValueError"}
    assert "5204460010000007" not in told.everything()


def test_a_fault_ends_the_span_and_the_one_above_is_current_again(told):
    with started("outer", SpanKind.INTERNAL) as outer:
        with pytest.raises(ValueError, match="no"), started("inner", SpanKind.INTERNAL):
            raise ValueError("no")
        assert trace.get_current_span() is outer

    assert told.span("inner").status.is_unset


def test_links_are_there_from_the_beginning(told):
    with started("a", SpanKind.INTERNAL, context=Context(), links=[Link(ABOVE)]):
        pass

    assert told.span("a").links[0].context == ABOVE


def test_a_trace_that_is_not_sampled_is_not_told_and_goes_on(told):
    unsampled = SpanContext(7, 8, True, TraceFlags(0))
    with started("a", SpanKind.SERVER, context=under(unsampled)) as ours:
        assert not ours.is_recording()
        assert ours.get_span_context().trace_id == 7

    assert told.spans == []


ASKED = """
from apps.kit import telemetry
telemetry.start("payments")
from opentelemetry.trace import SpanKind
from apps.kit.tracing import begun
print(type(begun("a", SpanKind.INTERNAL)).__module__)
"""


@pytest.mark.parametrize(
    ("asked", "by"),
    [
        ({}, "apps.kit.spans"),
        ({"OTEL_TRACES_SAMPLER": "parentbased_always_on"}, "apps.kit.spans"),
        ({"OTEL_TRACES_SAMPLER": "traceidratio"}, "opentelemetry.sdk.trace"),
        ({"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "9"}, "opentelemetry.sdk.trace"),
        (
            {"OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED": "true"},
            "opentelemetry.sdk.trace",
        ),
        ({"OTEL_SDK_DISABLED": "true"}, "opentelemetry.trace.span"),
    ],
)
def test_where_the_environment_asks_for_more_the_sdk_makes_the_spans(asked, by):
    none = dict.fromkeys(("TRACES", "METRICS", "LOGS"), "none")
    silent = {f"OTEL_{signal}_EXPORTER": none[signal] for signal in none}
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", **silent, **asked},
    )

    assert done.stdout.splitlines()[-1] == by
