"""All that is told reaches the collector, and its absence harms nobody."""

import logging

from loadtests.telemetry import called, runs, spans
from loadtests.telemetry.leaving import Leaving

from .conftest import locust


def paid():
    with called("POST /payments", "till", "pay"):
        pass


def identity(body, kind):
    (of,) = body[f"resource{kind}"]
    return {
        each["key"]: each["value"]["stringValue"]
        for each in of["resource"]["attributes"]
    }


def test_spans_figures_and_lines_leave_with_who_told_them(collector, monkeypatch):
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test")
    paid()
    runs.told("load.started", {"load.run_id": "r-1"})

    Leaving(locust(worker_index=1, user_count=3)).all_of_it()

    assert set(collector.heard) == {"/v1/traces", "/v1/metrics", "/v1/logs"}
    ((traces,), (metrics,)) = (
        collector.heard["/v1/traces"],
        collector.heard["/v1/metrics"],
    )
    assert identity(traces, "Spans") == identity(metrics, "Metrics")
    assert identity(traces, "Spans") == {
        "service.name": "locust",
        "service.namespace": "payscope",
        "service.instance.id": "locust-2",
        "deployment.environment.name": "test",
    }
    assert not spans.waiting
    assert not runs.waiting


def test_nobody_is_left_when_it_is_over(collector):
    Leaving(locust(user_count=3)).the_last()

    ((metrics,),) = collector.heard.values()
    told = metrics["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    (users,) = (each for each in told if each["name"] == "load.users")
    assert users["gauge"]["dataPoints"][0]["asInt"] == "0"


def test_who_leads_has_no_figures_of_his_own(collector):
    paid()

    Leaving(locust(clients={}, user_count=3)).all_of_it()

    assert set(collector.heard) == {"/v1/traces"}


def test_while_the_collector_is_away_spans_are_lost_and_the_run_is_not(
    collector, caplog
):
    way = Leaving(locust())
    collector.is_well = False
    runs.told("load.started", {})
    paid()
    with caplog.at_level(logging.WARNING):
        way.all_of_it()
        way.all_of_it()
    collector.is_well = True
    way.all_of_it()

    assert len(caplog.records) == 1
    (lines,) = collector.heard["/v1/logs"]
    (of,) = lines["resourceLogs"]
    assert len(of["scopeLogs"][0]["logRecords"]) == 1
    assert "/v1/traces" not in collector.heard
    assert "/v1/metrics" in collector.heard
