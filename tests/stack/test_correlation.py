"""One payment, followed by its TraceID from the answer to every backend and back."""

import pytest

from native.backends import until
from native.evidence import orphans, roots
from tests.stack.stack import EXPORT_S, SERVICES, settled
from tests.stack.ways import (
    datasource,
    derived,
    served,
    trace_to_logs,
    trace_to_metrics,
)

DURATIONS = "http_server_request_duration_seconds_bucket"


@pytest.fixture(scope="module")
def lines(stack, paid):
    """The log lines of that payment, once every service has written one."""
    return until(
        lambda: stack.backends.loki.of_trace(paid.headers["Trace-Id"]),
        lambda lines: {line.service for line in lines} >= set(SERVICES),
    )


def test_the_answer_names_its_trace_in_header_and_body(paid):
    assert len(paid.headers["Trace-Id"]) == 32
    assert paid.json()["trace_id"] == paid.headers["Trace-Id"]


def test_the_trace_is_whole_with_one_root_and_no_orphan(spans, paid):
    assert {span.trace for span in spans} == {paid.headers["Trace-Id"]}
    assert [(root.service, root.kind) for root in roots(spans)] == [
        ("gateway", "SERVER")
    ]
    assert orphans(spans) == []


def test_the_trace_holds_every_service(spans):
    assert {span.service for span in spans} == set(SERVICES)


def test_every_service_wrote_a_line_with_that_trace(lines, paid):
    assert {line.service for line in lines} == set(SERVICES)
    assert {line.trace for line in lines} == {paid.headers["Trace-Id"]}


def test_every_line_belongs_to_a_span_of_the_trace(lines, spans):
    assert {line.facts["span_id"] for line in lines} <= {span.id for span in spans}


def test_a_fact_is_told_alike_on_span_and_line(lines, spans, paid):
    (line,) = [line for line in lines if line.body == "payment.decided"]
    (span,) = [span for span in spans if span.name == "payments.pay"]

    for name in ("payment.id", "payment.verdict", "payment.reason", "payment.mode"):
        assert str(span.attributes[name]) == line.facts[name.replace(".", "_")]
    assert span.attributes["payment.id"] == paid.json()["payment_id"]


def test_an_event_is_exactly_one_line(lines):
    told = [(line.service, line.body, line.facts["span_id"]) for line in lines]

    assert len(told) == len(set(told))


def test_the_counter_grows_by_exactly_one(stack, paid):
    """One series grows by one, no other moves; those of an earlier run may fade."""

    def counts():
        samples = stack.backends.prometheus.now("payments_decisions_total")
        return {frozenset(sample.labels.items()): sample.value for sample in samples}

    def grown(now):
        return {key: now[key] - before.get(key, 0) for key in now}

    before = settled(counts, seconds=1.5 * EXPORT_S)

    assert stack.gateway.pay().json()["authorisation"]["source"] == "bank"

    until(counts, lambda now: any(grown(now).values()), within=20)
    growth = grown(settled(counts, seconds=1.5 * EXPORT_S))
    ((series, more),) = [item for item in growth.items() if item[1]]
    assert more == 1
    labels = dict(series)
    assert (labels["payment_source"], labels["payment_reason"]) == ("bank", "ACCEPTED")


@pytest.mark.parametrize("service", ["gateway", "payments", "bank"])
def test_an_exemplar_leads_back_to_a_trace(stack, paid, service):
    query = f'{DURATIONS}{{service_name="{service}"}}'

    marks = until(lambda: stack.backends.prometheus.exemplars(query), within=20)

    latest = max(marks, key=lambda mark: mark.time)
    (way,) = datasource("prometheus")["exemplarTraceIdDestinations"]
    spans = until(lambda: stack.backends.tempo.trace(latest.labels[way["name"]]))
    assert service in {span.service for span in spans}


def test_a_payment_is_found_in_loki_by_its_id(stack, paid, lines):
    id_ = paid.json()["payment_id"]
    query = f'{{service_namespace="payscope"}} | payment_id="{id_}"'

    found = stack.backends.loki.lines(query)

    assert paid.headers["Trace-Id"] in {line.trace for line in found}


@pytest.mark.parametrize("service", SERVICES)
def test_grafanas_way_from_a_span_to_its_logs_finds_lines(stack, paid, lines, service):
    query = trace_to_logs(service, paid.headers["Trace-Id"])

    found = stack.backends.loki.lines(query)

    assert paid.headers["Trace-Id"] in {line.trace for line in found}
    assert service in {line.service for line in found}


@pytest.mark.parametrize("service", ["gateway", "payments", "bank"])
def test_grafanas_way_from_a_span_to_its_metrics_finds_series(stack, spans, service):
    """With all that the span says of itself, its route too; nothing need have failed."""
    queries = {
        each["name"]: trace_to_metrics(each["query"], served(spans, service))
        for each in datasource("tempo")["tracesToMetrics"]["queries"]
    }
    ask = stack.backends.prometheus.now

    ask(queries.pop("Error rate"))
    assert set(queries) == {"p99", "Calls"}
    for query in queries.values():
        assert until(lambda query=query: ask(query), within=30), query


def test_a_line_leads_to_its_trace_and_span(stack, lines):
    field = derived("Trace")

    for line in lines:
        spans = stack.backends.tempo.trace(line.facts[field["matcherRegex"]])
        assert line.facts["span_id"] in {span.id for span in spans}


def test_what_followed_is_a_trace_that_links_to_the_order(stack, paid):
    """The other way round, too: TraceQL finds who links to the order's trace."""
    trace = paid.headers["Trace-Id"]
    query = f'{{ link:traceID = "{trace}" }}'

    found = until(lambda: stack.backends.tempo.search(query), within=60)

    for each in found:
        spans = stack.backends.tempo.trace(each)
        assert trace in {link.trace for span in spans for link in span.links}
