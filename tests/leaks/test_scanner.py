"""What is planted past all nets is found in each backend; what the last net has, counted."""

import subprocess
import sys
import time

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

from native.backends import until
from native.leaks import telemetry
from native.leaks.findings import found_in
from tests import planting
from tests.contracts.collecting import EXPORT
from tests.contracts.test_net import PLACES

SINCE_S = 15
"""What is looked for was planted just now; what else is kept is thousands of traces."""
HOURS = "0.05"
"""Three minutes, which is more than these tests take."""


def found(pieces, number):
    return [
        each.where
        for piece in pieces
        for each in found_in("", piece)
        if each.shown.endswith(number[-4:])
    ]


def since():
    return time.time_ns() - SINCE_S * 10**9


@pytest.fixture
def number():
    return planting.number("visa")


@pytest.mark.parametrize("place", ["line", "metadata", "label"])
def test_loki_is_looked_through(stack, number, place):
    labels = {"service_name": "planted"} | ({"l": number} if place == "label" else {})
    line = [str(time.time_ns()), f"card {number}" if place == "line" else "x"]
    line += [{"note": number}] if place == "metadata" else []
    loki = stack.backends.loki
    told = httpx.post(
        f"{loki.url}/loki/api/v1/push",
        json={"streams": [{"stream": labels, "values": [line]}]},
    )
    assert told.status_code == 204, told.text

    assert until(lambda: found(telemetry.in_loki(loki, since()), number), within=30)


def planted_span(place, number):
    asked = traces.ExportTraceServiceRequest()
    resource = asked.resource_spans.add()
    add = resource.resource.attributes.add
    add(key="service.name").value.string_value = "planted"
    span = resource.scope_spans.add().spans.add()
    span.trace_id, span.span_id = bytes(range(16)), bytes(range(8))
    span.trace_id = time.time_ns().to_bytes(16, "big")
    span.start_time_unix_nano = time.time_ns() - 1000
    span.end_time_unix_nano, span.name = time.time_ns(), "x"
    match place:
        case "name":
            span.name = f"x {number}"
        case "attribute":
            span.attributes.add(key="a").value.string_value = number
        case "event":
            event = span.events.add(time_unix_nano=time.time_ns(), name="e")
            event.attributes.add(key="a").value.string_value = number
        case "link":
            link = span.links.add(trace_id=bytes(range(1, 17)), span_id=span.span_id)
            link.attributes.add(key="a").value.string_value = number
        case "message":
            span.status.code, span.status.message = 2, f"no {number}"
        case "resource":
            add(key="a").value.string_value = number
    return asked


@pytest.mark.parametrize(
    "place", ["name", "attribute", "event", "link", "message", "resource"]
)
def test_tempo_is_looked_through(stack, number, place):
    with grpc.insecure_channel(f"127.0.0.1:{stack.ports['TEMPO_OTLP_PORT']}") as to:
        to.unary_unary(EXPORT)(planted_span(place, number).SerializeToString())

    tempo = stack.backends.tempo
    assert until(lambda: found(telemetry.in_tempo(tempo, since()), number), within=60)


def test_prometheus_is_looked_through(stack, number):
    asked = metrics.ExportMetricsServiceRequest()
    metric = (
        asked.resource_metrics.add().scope_metrics.add().metrics.add(name="planted")
    )
    point = metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_int=1)
    point.attributes.add(key="l").value.string_value = number
    prometheus = stack.backends.prometheus
    told = httpx.post(
        f"{prometheus.url}/api/v1/otlp/v1/metrics",
        content=asked.SerializeToString(),
        headers={"Content-Type": "application/x-protobuf"},
    )
    assert told.is_success, told.text

    pieces = lambda: telemetry.in_prometheus(prometheus, since())  # noqa: E731
    assert until(lambda: found(pieces(), number), within=30)


@pytest.mark.parametrize(
    ("signal", "place"),
    [("traces", "a span's name"), ("logs", "a line's body"), ("metrics", "a label")],
)
def test_a_strangers_first_leak_is_an_increase(stack, number, signal, place):
    _, body = PLACES[place]
    told = httpx.post(
        f"{stack.ports.url('OTLP_HTTP_PORT')}/v1/{signal}", json=body(number)
    )
    assert told.is_success, told.text

    query = f'increase(telemetry_leaks_total{{signal="{signal}",job="stranger"}}[5m])'
    counted = until(lambda: stack.backends.prometheus.total(query), within=20)
    assert counted == pytest.approx(1, rel=0.5)
    for pieces in (telemetry.in_loki, telemetry.in_tempo, telemetry.in_prometheus):
        name = pieces.__name__.removeprefix("in_")
        backend = getattr(stack.backends, name)
        assert found(pieces(backend, since()), number) == []


def test_the_command_finds_it_and_says_so(stack):
    """The last of these: what was planted is still there."""
    words = ["-m", "native.leaks", "--instance", stack.instance.name, "--hours", HOURS]
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False
    )

    assert done.returncode == 1, done.stdout + done.stderr
    assert "Loki" in done.stdout
    assert "card number ••••" in done.stdout
