"""All that is told reaches the collector, and its absence harms nobody."""

import logging
import time
from collections import deque

from loadtests.telemetry import called, leaving, runs, spans
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


def sent(collector, path="/v1/traces"):
    return [
        span
        for body in collector.heard.get(path, [])
        for scope in body["resourceSpans"][0]["scopeSpans"]
        for span in scope["spans"]
    ]


def test_what_is_told_while_the_collector_is_away_arrives_once_and_in_order(
    collector, caplog
):
    way = Leaving(locust())
    collector.is_well = False
    runs.told("load.started", {})
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            with called(f"GET /{number}", "till", "look"):
                pass
            way.all_of_it()
    collector.is_well = True
    way.all_of_it()
    way.all_of_it()

    assert len(caplog.records) == 1
    assert [each["name"] for each in sent(collector)] == [f"GET /{n}" for n in range(5)]
    (lines,) = collector.heard["/v1/logs"]
    assert len(lines["resourceLogs"][0]["scopeLogs"][0]["logRecords"]) == 1
    assert "/v1/metrics" in collector.heard


def test_what_is_more_than_a_request_holds_leaves_in_several(collector, monkeypatch):
    monkeypatch.setattr(leaving, "MOST", 2)
    for _ in range(5):
        paid()

    Leaving(locust()).all_of_it()

    assert len(collector.heard["/v1/traces"]) == 3
    assert len(sent(collector)) == 5


def test_past_its_room_the_oldest_is_forgotten(collector, monkeypatch):
    kept = deque(maxlen=3)
    monkeypatch.setattr(spans, "waiting", kept)
    collector.is_well = False
    way = Leaving(locust())
    for number in range(5):
        with called(f"GET /{number}", "till", "look"):
            pass
        way.all_of_it(figures_too=False)
    collector.is_well = True
    way.all_of_it()

    assert [each["name"] for each in sent(collector)] == ["GET /2", "GET /3", "GET /4"]


def test_what_is_refused_for_good_does_not_hold_up_the_rest(collector, caplog):
    collector.refuses = 400
    paid()
    way = Leaving(locust())
    way.all_of_it(figures_too=False)
    collector.refuses = None
    paid()
    way.all_of_it(figures_too=False)

    assert len(sent(collector)) == 1
    assert "refuses" in caplog.text


def test_who_ends_waits_a_little_for_the_collector(collector, monkeypatch):
    monkeypatch.setattr(leaving, "EVERY_S", 0.01)
    monkeypatch.setattr(leaving, "LINGERS_S", 0.1)
    collector.is_well = False
    paid()
    begun = time.monotonic()

    Leaving(locust()).the_last()

    assert 0.1 <= time.monotonic() - begun < 1
    assert len(spans.waiting) == 1
