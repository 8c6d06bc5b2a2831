"""What is exported arrives once, however long the collector is away; told to real servers."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, nullcontext
from types import SimpleNamespace
from uuid import uuid4

import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import RetryInfo
from grpc import StatusCode
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import (
    OTLPSpanExporter as HttpSpanExporter,
)
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanContext, TraceFlags

from apps.kit import attempts, encoding, persevering
from apps.kit.telemetry import FLUSH_S

from .collecting import Collector, until

WHERE = {
    "context": SpanContext(1, 2, False, TraceFlags(1)),
    "resource": Resource({"service.name": "payments"}),
}
GONE, REFUSED = (StatusCode.UNAVAILABLE, ()), (StatusCode.INVALID_ARGUMENT, ())
WAITING = RetryInfo(retry_delay=Duration(seconds=1)).SerializeToString()
LATER = (StatusCode.RESOURCE_EXHAUSTED, ((attempts.RETRY_INFO, WAITING),))
TOO_LARGE = (StatusCode.RESOURCE_EXHAUSTED, ())


@pytest.fixture(autouse=True)
def lent(monkeypatch):
    """As `telemetry.start` does, and undone."""
    for exporters in (encoding.grpc_spans, encoding.http_spans):
        monkeypatch.setattr(exporters, "encode_spans", encoding.encoded_spans)
    monkeypatch.setattr(attempts.grpc, "_MAX_RETRYS", 1)
    monkeypatch.setattr(attempts.http, "_MAX_RETRIES", 1)
    monkeypatch.setattr(persevering, "PAUSES_S", (0.05, 0.1))


@pytest.fixture
def collector():
    return Collector()


class Account:
    """What the SDK would count: what is under way, and what became of each."""

    def __init__(self):
        self.under_way = 0
        self.ended = []

    @contextmanager
    def export_operation(self, count):
        result = SimpleNamespace(error=None, error_attrs=None)
        self.under_way += count
        yield result
        self.under_way -= count
        self.ended.append((count, type(result.error).__name__))

    def count(self, became="NoneType"):
        return sum(count for count, what in self.ended if what == became)


@contextmanager
def sender(collector, kind=OTLPSpanExporter, path="", **options):
    exporter = kind(endpoint=collector.endpoint + path, **options)
    exporter._metrics = account = Account()
    made = persevering.before(exporter, "traces", encoding.written_spans)
    made.account = account
    yield made
    made.shutdown(100)


@pytest.fixture
def spans(collector):
    with sender(collector) as made:
        yield made


def named(*names):
    return [ReadableSpan(str(name), **WHERE) for name in names]


def test_what_is_told_while_the_collector_is_away_arrives_once_and_in_order(
    collector, spans, told
):
    for batch in range(20):
        spans.export(named(batch * 2, batch * 2 + 1))
    assert until(lambda: told.counted("telemetry.export.retries") >= 2)

    with collector.grpc():
        assert until(lambda: spans.account.under_way == 0)

    assert collector.spans == [str(n) for n in range(40)]
    assert spans.account.count() == 40
    assert told.event("telemetry.held")["error.type"] == "UNAVAILABLE"
    assert told.event("telemetry.resumed")["telemetry.signal"] == "traces"


def test_a_collector_that_comes_and_goes_loses_nothing(collector, spans):
    sent = [str(n) for n in range(300)]
    for n in range(0, 300, 10):
        with collector.grpc() if n // 10 % 3 else nullcontext():
            spans.export(named(*sent[n : n + 10]))
            time.sleep(0.02)
    with collector.grpc():
        assert until(lambda: spans.account.under_way == 0)

    assert sorted(set(collector.spans), key=int) == sent


@pytest.mark.parametrize("refusal", [GONE, LATER])
def test_who_says_not_now_is_asked_again(collector, spans, refusal):
    collector.answers = lambda _: refusal if collector.asked < 4 else None
    with collector.grpc():
        spans.export(named("a"))
        spans.export(named("b"))
        assert until(lambda: spans.account.under_way == 0)

    assert (collector.spans, collector.asked) == (["a", "b"], 5)


@pytest.mark.parametrize("refusal", [REFUSED, TOO_LARGE])
def test_who_says_never_is_not_asked_again_and_others_pass(
    collector, spans, told, refusal
):
    def answers(request):
        (span,) = request.resource_spans[0].scope_spans[0].spans
        return refusal if span.name == "poison" else None

    collector.answers = answers
    with collector.grpc():
        for name in ("a", "poison", "b"):
            spans.export(named(name))
        assert until(lambda: spans.account.under_way == 0)

    assert (collector.spans, collector.asked) == (["a", "b"], 3)
    assert spans.account.count("_InactiveRpcError") == 1
    assert told.event("telemetry.lost")["telemetry.items"] == 1
    assert not told.counted("telemetry.export.retries")


def test_a_slow_answer_keeps_nobody_waiting(collector, spans):
    collector.answers = lambda _: time.sleep(0.5)
    with collector.grpc():
        begun = time.monotonic()
        for n in range(4):
            spans.export(named(n))
        told_after = time.monotonic() - begun
        assert until(lambda: spans.account.under_way == 0)

    assert told_after < 0.4
    assert collector.spans == ["0", "1", "2", "3"]


def test_past_its_room_the_oldest_are_dropped_and_counted(
    collector, spans, told, monkeypatch
):
    spans.export(named("first"))
    assert until(lambda: told.counted("telemetry.export.retries"))
    monkeypatch.setattr(persevering, "ROOM", 20_000)

    for n in range(200):
        spans.export(named(f"{n:03}"))
    held = spans._size
    with collector.grpc():
        assert until(lambda: spans.account.under_way == 0)

    assert held <= 20_000
    dropped = spans.account.count("NoRoom")
    assert 0 < dropped < 200
    assert collector.spans == ["first", *[f"{n:03}" for n in range(dropped, 200)]]
    assert told.event("telemetry.lost")["error.type"] == "NoRoom"


def test_what_waits_takes_a_fifth_of_its_size(collector, spans, told):
    spans.export(named("first"))
    assert until(lambda: told.counted("telemetry.export.retries"))
    many = named(*range(256))

    spans.export(many)

    assert spans._size < len(encoding.written_spans(many)) / 5


def test_a_minute_of_the_busiest_service_fits_many_times_and_arrives_once(
    collector, spans, told
):
    """Sixty payments a second, a dozen spans each, with an id that is new in each."""
    spans.export(named("first"))
    assert until(lambda: told.counted("telemetry.export.retries"))
    for begun in range(0, 43_200, 240):
        numbers = range(begun, begun + 240)
        spans.export([busy(number) for number in numbers])

    assert spans._size < persevering.ROOM / 8
    with collector.grpc():
        assert until(lambda: spans.account.under_way == 0, within_s=60)

    assert collector.spans == ["first", *map(str, range(43_200))]


def busy(number):
    return ReadableSpan(
        str(number),
        SpanContext(uuid4().int, number + 1, False, TraceFlags(1)),
        attributes={
            "payment.id": str(uuid4()),
            "http.request.method": "POST",
            "url.path": "/payments",
            "http.response.status_code": 201,
            "server.address": "127.0.0.1",
        },
        resource=WHERE["resource"],
        start_time=time.time_ns(),
        end_time=time.time_ns(),
    )


def test_what_the_collector_would_find_too_large_leaves_in_pieces(
    collector, spans, monkeypatch
):
    monkeypatch.setattr(persevering, "LARGEST", 500)
    with collector.grpc():
        spans.export(named(*range(100)))
        assert until(lambda: spans.account.under_way == 0)

    assert collector.spans == [str(n) for n in range(100)]
    assert all(each.ByteSize() <= 500 for each in collector.taken["traces"])


def test_a_batch_that_cannot_be_sent_at_all_costs_no_other(collector, spans, told):
    spans._attempts._exporter._count_data = lambda batch: 1 / (len(batch) - 2)
    with collector.grpc():
        spans.export(named("a", "b"))
        spans.export(named("c"))
        assert until(lambda: spans.account.under_way == 0)

    assert collector.spans == ["c"]
    assert told.event("telemetry.lost")["error.type"] == "ZeroDivisionError"


def test_over_http_it_perseveres_as_well(collector, told):
    answers = iter([503, 429, None, 400, None])
    with sender(collector, HttpSpanExporter, "/v1/traces") as spans:
        spans.export(named("a"))
        assert until(lambda: told.counted("telemetry.export.retries"))
        collector.answers = lambda _: next(answers)
        with collector.http():
            spans.export(named("poison"))
            spans.export(named("b"))
            assert until(lambda: spans.account.under_way == 0)

        assert collector.spans == ["a", "b"]
        assert told.event("telemetry.lost")["error.type"] == "400"


def test_what_waits_is_sent_when_the_collector_comes_back_while_we_end(collector):
    with sender(collector) as spans:
        spans.export(named("a"))
        spans.export(named("b"))
        ending = threading.Thread(target=spans.shutdown)
        ending.start()
        time.sleep(0.3)
        with collector.grpc():
            ending.join()

    assert collector.spans == ["a", "b"]
    assert spans.account.count() == 2


def test_who_ends_gives_up_in_time_and_says_how_much_is_lost(collector, told):
    with sender(collector) as spans:
        for n in range(5):
            spans.export(named(n))
        begun = time.monotonic()
        spans.shutdown(400)
        took = time.monotonic() - begun

    assert 0.4 <= took < 1
    assert told.event("telemetry.lost")["telemetry.items"] == 5
    assert spans.account.count("Ended") == 5


def test_figures_that_failed_are_said_by_the_next_and_the_last_is_said_again(collector):
    exporter = OTLPMetricExporter(endpoint=collector.endpoint)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], shutdown_on_exit=False)
    persevering.before_figures(provider)
    counter = provider.get_meter("test").create_counter("paid")
    counter.add(1)
    provider.force_flush()
    counter.add(2)

    ending = threading.Thread(target=provider.shutdown)
    ending.start()
    time.sleep(0.3)
    with collector.grpc():
        ending.join()

    assert len(collector.taken["metrics"]) == 1
    assert collector.last_sum("paid") == 3


TELLING = """
from opentelemetry.trace import SpanKind
from apps.kit import telemetry
from apps.kit.signals import started, tell
import sys, time
telemetry.start("payments")
slowest = 0
for n in range(200):
    begun = time.perf_counter()
    with started(f"payments.pay {n}", SpanKind.INTERNAL):
        tell("payment.decided", {"payment.amount": n})
    slowest = max(slowest, time.perf_counter() - begun)
    time.sleep(0.01)
sys.stdin.readline()
begun = time.perf_counter()
telemetry.stop()
print("took", slowest, time.perf_counter() - begun, file=sys.stderr, flush=True)
"""


@contextmanager
def telling(collector, **environment):
    """A process of ours; it says in the end how long its slowest work took, and its stop."""
    with subprocess.Popen(
        [sys.executable, "-c", TELLING],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ
        | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint}
        | environment,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def took(process):
    _, told = process.communicate("\n", timeout=30)
    return [float(each) for each in re.search(r"took (\S+) (\S+)", told).groups()]


@pytest.mark.parametrize("protocol", ["grpc", "http/protobuf"])
def test_a_service_loses_nothing_while_its_collector_is_away(collector, protocol):
    serving = collector.grpc if protocol == "grpc" else collector.http
    with telling(collector, OTEL_EXPORTER_OTLP_PROTOCOL=protocol) as process:
        with serving():
            assert until(lambda: collector.spans)
        time.sleep(1)
        with serving():
            assert until(lambda: len(set(collector.spans)) == 200)
            took(process)

    assert sorted(collector.spans) == sorted({f"payments.pay {n}" for n in range(200)})
    decided = [line for line in collector.lines if line == "payment.decided"]
    assert len(decided) == 200
    assert {"telemetry.held", "telemetry.resumed"} <= set(collector.lines)
    assert collector.last_sum("telemetry.export.retries") > 0


def test_a_collector_that_takes_and_never_answers_slows_nobody_and_stops_nothing():
    """As one that is stopped with SIGSTOP: the connection stands, and nothing comes."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with telling(Collector(silent.getsockname()[1])) as process:
            slowest, stop = took(process)

    assert slowest < 0.5
    assert stop < FLUSH_S + 0.5


def test_a_service_is_not_kept_from_being_killed(collector):
    """By whatever it does not handle: no thread of ours holds it."""
    with telling(collector) as process:
        process.send_signal(signal.SIGTERM)
        assert process.wait(5) == -signal.SIGTERM
