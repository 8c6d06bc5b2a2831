"""What our encoders write is what the SDK's write, whatever there is to tell."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.common._log_encoder import encode_logs
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    INVALID_SPAN_CONTEXT,
    Link,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    TraceState,
)

from apps.kit.encoding import encoded_lines, encoded_spans
from apps.kit.records import Written

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
PLAIN = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=300),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.binary(max_size=20),
)
VALUES = st.one_of(
    PLAIN, st.lists(PLAIN, max_size=3), st.dictionaries(NAMES, PLAIN, max_size=3)
)
FACTS = st.dictionaries(NAMES, VALUES, max_size=8)
TIMES = st.integers(1, 2**63)
CONTEXTS = st.builds(
    SpanContext,
    st.integers(1, 2**128 - 1),
    st.integers(1, 2**64 - 1),
    st.booleans(),
    st.sampled_from([TraceFlags(0), TraceFlags(1), TraceFlags(3)]),
    st.sampled_from([None, TraceState([("a", "1"), ("b", "2")])]),
)
STATUSES = st.one_of(
    st.just(Status(StatusCode.UNSET)),
    st.just(Status(StatusCode.OK)),
    st.builds(Status, st.just(StatusCode.ERROR), st.one_of(st.none(), NAMES)),
)
RESOURCES = [Resource({"service.name": "payments", "n": 1}), Resource({}, "schema")]
SCOPES = [
    InstrumentationScope("payscope"),
    InstrumentationScope("lib", "1.0", "schema", {"a": 1}),
    None,
]
SPANS = st.builds(
    ReadableSpan,
    name=NAMES,
    context=CONTEXTS,
    parent=st.one_of(st.none(), CONTEXTS),
    resource=st.sampled_from(RESOURCES),
    attributes=FACTS,
    events=st.lists(st.builds(Event, NAMES, FACTS, TIMES), max_size=2),
    links=st.lists(st.builds(Link, CONTEXTS, FACTS), max_size=2),
    kind=st.sampled_from(SpanKind),
    status=STATUSES,
    start_time=TIMES,
    end_time=TIMES,
    instrumentation_scope=st.sampled_from(SCOPES),
)


@given(st.lists(SPANS, max_size=5))
def test_a_span_is_written_as_the_sdk_writes_it(spans):
    assert encoded_spans(spans) == encode_spans(spans)


@st.composite
def lines(draw):
    level = draw(st.sampled_from(["info", "warning", "error"]))
    where = draw(st.one_of(st.just(INVALID_SPAN_CONTEXT), CONTEXTS))
    line = Written(draw(TIMES), level, draw(NAMES), draw(FACTS), where)
    line.event_name = draw(st.one_of(st.none(), NAMES))
    scope = draw(st.sampled_from(SCOPES))
    return ReadableLogRecord(line, draw(st.sampled_from(RESOURCES)), scope)


@given(st.lists(lines(), max_size=5))
def test_a_line_is_written_as_the_sdk_writes_it(batch):
    assert encoded_lines(batch) == encode_logs(batch)


@pytest.mark.parametrize("value", ["\ud800 half a pair", object])
def test_what_no_message_can_hold_stops_nobody(value):
    span = ReadableSpan("x", SpanContext(1, 2, False), attributes={"a": value})

    (told,) = encoded_spans([span]).resource_spans[0].scope_spans[0].spans

    assert told.attributes[0].key == "a"


def test_kinds_that_python_thinks_equal_stay_apart():
    facts = {"a": 1}, {"a": True}, {"a": 1.0}, {"a": "1"}
    where = {"context": SpanContext(1, 2, False), "resource": RESOURCES[0]}
    spans = [ReadableSpan("x", attributes=each, **where) for each in facts]

    assert encoded_spans(spans) == encode_spans(spans)


LENT = """
from apps.kit import encoding, telemetry
telemetry.start("payments")
from opentelemetry.exporter.otlp.proto.{way}.trace_exporter import encode_spans
from opentelemetry.exporter.otlp.proto.{way}._log_exporter import encode_logs
print(encode_spans is encoding.encoded_spans, encode_logs is encoding.encoded_lines)
"""


@pytest.mark.parametrize("way", ["grpc", "http"])
def test_the_sdks_exporters_write_with_ours(way):
    done = subprocess.run(
        [sys.executable, "-c", LENT.format(way=way)],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": "", "OTEL_TRACES_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"}
        | {"OTEL_METRICS_EXPORTER": "none"},
    )

    assert done.stdout.splitlines()[-1] == "True True"
