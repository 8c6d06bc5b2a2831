"""What the profile `sampled` keeps, tried on a real collector with our two files."""

import secrets
import time

import pytest
import yaml
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from native import processes
from native.backends import until
from native.paths import ROOT, Instance
from native.ports import Ports
from prometheus.slo import load

from .collecting import collecting, yaml_of
from .composed import ENV, composed

EACH = 40
PLAIN = 2000
DECIDED_AFTER_S = 2
"""In place of ten; what is tried does not depend on it."""

SAMPLED = yaml.safe_load((ROOT / "otel-collector/sampled.yaml").read_text())
WHOLE = yaml.safe_load((ROOT / "otel-collector/config.yaml").read_text())
DICE = "e6666666666666"
MS = 1_000_000


def span(trace, name, kind, *, ms=20, error=False, link=None, parent=None, **facts):
    begun = time.time_ns() - 5_000 * MS
    made = Span(
        trace_id=bytes.fromhex(trace),
        span_id=secrets.token_bytes(8),
        parent_span_id=parent or b"",
        name=name,
        kind=kind,
        start_time_unix_nano=begun,
        end_time_unix_nano=begun + ms * MS,
    )
    if error:
        made.status.code = Status.STATUS_CODE_ERROR
    if link:
        made.links.add(trace_id=bytes.fromhex(link), span_id=secrets.token_bytes(8))
    for key, value in facts.items():
        made.attributes.add(key=key.replace("_", ".")).value.string_value = value
    return made


def order(trace, **facts):
    """A call and its answer, the deciding span inside."""
    ms = facts.pop("ms", 20)
    asked = span(trace, "POST", Span.SPAN_KIND_CLIENT, ms=ms)
    served = span(
        trace, "POST /payments", Span.SPAN_KIND_SERVER, ms=ms, parent=asked.span_id
    )
    inside = span(
        trace,
        "payments.pay",
        Span.SPAN_KIND_INTERNAL,
        ms=ms,
        parent=served.span_id,
        **facts,
    )
    return [asked, served, inside]


def later(trace, name, link, **facts):
    return [span(trace, name, Span.SPAN_KIND_INTERNAL, link=link, **facts)]


def fresh(*, lucky=None):
    """A TraceID; `lucky` says how its dice fall."""
    while True:
        trace = secrets.token_hex(16)
        if lucky is None or is_lucky(trace) is lucky:
            return trace


def is_lucky(trace):
    return trace[18:] >= DICE


MAKE = {
    "plain": order,
    "refused": lambda trace: order(
        trace, payment_verdict="declined", payment_mode="STANDARD"
    ),
    "error": lambda trace: order(trace, error=True),
    "fallback refusal": lambda trace: order(
        trace, payment_verdict="declined", payment_mode="FALLBACK"
    ),
    "fallback": lambda trace: order(
        trace, payment_verdict="authorised", payment_mode="FALLBACK"
    ),
    "undecided": lambda trace: order(trace, payment_status="pending"),
    "slow": lambda trace: order(trace, ms=260),
    "batch": lambda trace: later(trace, "fraud.count", fresh(lucky=False)),
    "put off": lambda trace: later(trace, "payments.recover", fresh(lucky=False)),
}
LATER = {"batch", "put off", "capture"}
KEPT = {
    "error",
    "fallback refusal",
    "fallback",
    "undecided",
    "slow",
    "batch",
    "put off",
}


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """By class, which traces went in; and the collector that was given them."""
    wait = {"decision_wait": f"{DECIDED_AFTER_S}s"}
    sooner = yaml_of(processors={"tail_sampling": wait})
    place = tmp_path_factory.mktemp("collector")
    went = {kind: [fresh(lucky=False) for _ in range(EACH)] for kind in MAKE}
    went["plain"] = [fresh() for _ in range(PLAIN)]
    with collecting(place, "config.yaml", "sampled.yaml", but=sooner) as collector:
        for kind, ids in went.items():
            for some in (ids[nth : nth + 100] for nth in range(0, len(ids), 100)):
                collector.send([each for trace in some for each in MAKE[kind](trace)])
        captures = {trace: fresh(lucky=False) for trace in went["plain"]}
        follow = [
            each
            for before, trace in captures.items()
            for each in later(trace, "payments.capture", before, payscope_origin=before)
        ]
        collector.send(follow)
        went["capture"] = list(captures.values())
        decided(collector, sum(len(ids) for ids in went.values()))
        yield went, captures, collector


def decided(collector, traces):
    """Each of so many traces was judged, and what is kept has arrived."""
    name = "otelcol_processor_tail_sampling_global_count_traces_sampled_total"
    until(collector.own, lambda own: own[name] >= traces, within=30)
    seen = -1
    while len(collector.kept.spans) != seen:
        seen = len(collector.kept.spans)
        time.sleep(0.5)


@pytest.mark.parametrize("kind", sorted(KEPT))
def test_what_is_worth_keeping_is_kept_whole(sent, kind):
    went, _, collector = sent

    for trace in went[kind]:
        assert len(collector.kept.spans.get(trace, [])) == len(MAKE[kind](trace))


def test_of_the_rest_one_in_ten_is_kept_and_its_id_says_which(sent):
    went, _, collector = sent

    kept = {trace for trace in went["plain"] if trace in collector.kept.spans}

    assert kept == {trace for trace in went["plain"] if is_lucky(trace)}
    sigma = (PLAIN * 0.1 * 0.9) ** 0.5
    assert abs(len(kept) - PLAIN / 10) < 5 * sigma
    assert not set(went["refused"]) & collector.kept.spans.keys()


def test_the_capture_of_a_payment_that_is_kept_is_kept_too(sent):
    went, captures, collector = sent

    kept = {
        before for before, trace in captures.items() if trace in collector.kept.spans
    }

    assert kept == {trace for trace in went["plain"] if is_lucky(trace)}


def test_span_metrics_and_graph_count_what_is_let_go_too(sent):
    went, _, collector = sent
    orders = sum(len(ids) for kind, ids in went.items() if kind not in LATER)
    came = collector.kept

    def counted():
        spans = came.total("traces.spanmetrics.calls", span_name="POST /payments")
        edges = came.total("traces_service_graph_request_total", server="payments")
        return spans, edges

    until(counted, lambda found: found >= (orders, orders), within=20)
    assert counted() == (orders, orders)


def test_what_comes_late_goes_the_way_of_its_trace(sent):
    went, _, collector = sent
    kept, gone = went["slow"][0], went["refused"][0]
    late = [
        span(trace, "process", Span.SPAN_KIND_CONSUMER, error=True)
        for trace in (kept, gone)
    ]

    collector.send(late)
    names = until(
        lambda: [each.name for each in collector.kept.spans[kept]],
        lambda found: "process" in found,
        within=10,
    )

    assert names.count("process") == 1
    assert gone not in collector.kept.spans


def test_slow_means_what_the_objectives_say():
    (slow,) = (
        each
        for each in SAMPLED["processors"]["tail_sampling"]["policies"]
        if each["name"] == "slow"
    )
    (said,) = slow["ottl_condition"]["span"]
    bounds = {
        each.events.within_s
        for each in load().slos
        if each.events
        and each.events.signal == "http.server.request.duration"
        and each.events.within_s
    }

    assert bounds == {int(said.rpartition("> ")[2]) / 1e9}


def test_only_what_tempo_gets_is_chosen_from():
    pipelines = WHOLE["service"]["pipelines"]

    assert SAMPLED["service"]["pipelines"].keys() == {"traces/kept"}
    assert pipelines["traces/kept"]["processors"] == []
    assert [
        n for n, each in pipelines.items() if "otlp_grpc/tempo" in each["exporters"]
    ] == ["traces/kept"]


@pytest.mark.parametrize("sampled", [False, True])
def test_both_ways_of_running_choose_alike(sampled):
    said = [("SAMPLED", "1")] if sampled else []
    ports = Ports({n: int(p) for n, p in ENV.items() if n.endswith("_PORT")})
    collector = processes._otelcol(Instance("default"), ports, sampled=sampled)
    contained = composed(*said)["services"]["otel-collector"]["command"]

    names = [
        word.rpartition("/")[2] for word in collector.command[1:] if word != "--config"
    ]
    assert names == ["config.yaml", "sampled.yaml"][: 1 + sampled]
    assert [
        word.rpartition("/")[2] for word in contained if word != "--config"
    ] == names
