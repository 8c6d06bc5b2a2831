"""SIGNAL_MATRIX: every service's logs, traces and metrics arrive in their backends."""

import json

import pytest

from native.backends import until
from tests.stack.stack import SERVICES

SIGNAL_MATRIX = {
    #                log event                span                     metric
    "gateway": ("call.forwarded", "POST /api/v1/payments", "gateway_calls_total"),
    "payments": ("payment.decided", "payments.pay", "payments_decisions_total"),
    "bank": ("bank.authorised", "bank.authorise", "bank_authorisations_total"),
    "fraud": (
        "card.counted",
        "process pay.v1.payment.authorised",
        "fraud_cards_counted_total",
    ),
    "backoffice": (
        "payment.projected",
        "process pay.v1.payment.authorised",
        "backoffice_payments_projected_total",
    ),
    "notifications": (
        "notification.recorded",
        "process pay.v1.payment.authorised",
        "notifications_recorded_total",
    ),
}


def rows(column):
    return [(service, cells[column]) for service, cells in SIGNAL_MATRIX.items()]


def test_the_matrix_knows_every_service():
    assert set(SIGNAL_MATRIX) == set(SERVICES)


@pytest.mark.parametrize(("service", "event"), rows(0))
def test_logs_arrive_in_loki(stack, paid, service, event):
    query = f'{{service_name="{service}", service_namespace="payscope"}}'
    query += f' | trace_id="{paid.headers["Trace-Id"]}"'

    lines = until(lambda: stack.backends.loki.lines(query))

    line, *_ = [line for line in lines if line.body == event]
    assert (line.service, line.level) == (service, "info")
    assert line.facts["service_instance_id"] == f"{service}-1"
    assert line.facts["deployment_environment_name"] == "native"


@pytest.mark.parametrize(("service", "name"), rows(1))
def test_traces_arrive_in_tempo(stack, spans, service, name):
    span, *_ = [span for span in spans if (span.service, span.name) == (service, name)]

    assert not span.failed
    assert 0 < span.ms < 5000


@pytest.mark.parametrize(("service", "name"), rows(1))
def test_traces_are_found_by_what_they_hold(stack, paid, service, name):
    query = f'{{resource.service.name="{service}" && name="{name}"}}'

    found = until(
        lambda: stack.backends.tempo.search(query, limit=1000),
        lambda traces: paid.headers["Trace-Id"] in traces,
    )

    assert len(found) == len(set(found))


@pytest.mark.parametrize(("service", "metric"), rows(2))
def test_metrics_arrive_in_prometheus(stack, paid, service, metric):
    query = f'{metric}{{service_name="{service}"}}'

    samples = until(lambda: stack.backends.prometheus.now(query), within=20)

    for sample in samples:
        assert sample.value >= 0
        assert sample.labels["job"] == f"payscope/{service}"
        assert sample.labels["instance"] == f"{service}-1"
    assert sum(sample.value for sample in samples) >= 1


def test_the_pipeline_tells_of_itself(stack):
    for up in ("loki", "tempo", "prometheus", "otel-collector"):
        query = f'up{{job=~".*{up}.*"}}'
        assert until(
            lambda query=query: stack.backends.prometheus.total(query), within=30
        )


@pytest.mark.parametrize("service", SERVICES)
def test_every_line_on_stdout_is_one_json_object(stack, paid, service):
    *lines, _unfinished = stack.instance.log(service).read_text().split("\n")

    for line in lines:
        told = json.loads(line)
        assert told["service.name"] == service
        assert {"timestamp", "level", "event"} <= told.keys()
    assert lines
