"""A run is told when it starts and when it stops, once, whoever takes part in it."""

import re

from loadtests.telemetry import runs
from loadtests.telemetry.figures import figures

from .conftest import locust

RUN = {"run_id": "20260301-120000-rush", "shape": "rush", "users": 50, "rate": None}


def lines():
    return [
        (
            line["body"]["stringValue"],
            {
                each["key"]: next(iter(each["value"].values()))
                for each in line["attributes"]
            },
        )
        for line in runs.waiting
    ]


def announced(about=RUN, **runner):
    environment = locust(**runner)
    runs.announce(environment, about)
    runs.report(environment)
    return environment.events


def test_start_and_stop_name_the_run_and_the_stop_says_how_it_went():
    events = announced(worker_index=0)
    figures.seen("pay", "till", "ok", 0.1)

    events.test_start.fire()
    for result in ("ok", "ok", "fail"):
        figures.seen("pay", "till", result, 0.1)
    events.test_stop.fire()

    named = {
        "load.run_id": "20260301-120000-rush",
        "load.shape": "rush",
        "load.users": "50",
    }
    counted = {"load.ok": "2", "load.fail": "1", "load.indeterminate": "0"}
    assert lines() == [
        ("load.started", named),
        ("load.stopped", named | counted),
    ]


def test_a_run_that_was_started_by_hand_has_its_time_for_a_name():
    events = announced({}, target_user_count=12)

    events.test_start.fire()
    events.test_stop.fire()

    (_, began), (_, ended) = lines()
    assert re.fullmatch(r"\d{8}-\d{6}-by-hand", began["load.run_id"])
    assert ended["load.run_id"] == began["load.run_id"]
    assert began["load.users"] == "12"


def test_a_worker_leaves_it_to_whom_it_follows():
    events = announced(master_host="leader", worker_index=2)

    events.test_start.fire()
    events.test_stop.fire()

    assert lines() == []


def test_who_leads_tells_of_all_workers_once_they_have_reported(monkeypatch):
    waited = []
    monkeypatch.setattr(runs.time, "sleep", waited.append)
    events = announced(clients={})
    events.test_start.fire()
    figures.seen("pay", "till", "ok", 0.1)
    data = {}
    events.report_to_master.fire(client_id="a", data=data)
    figures.__init__()
    events.worker_report.fire(client_id="a", data={runs.RESULTS: {"ok": 1}})
    events.worker_report.fire(client_id="a", data=data | {runs.RESULTS: {"ok": 3}})
    events.worker_report.fire(client_id="b", data={runs.RESULTS: {"ok": 4, "fail": 1}})

    events.test_stop.fire()

    assert data[runs.RESULTS] == {"ok": 1}
    assert waited == [runs.REPORTED_WITHIN_S]
    (_, stopped) = lines()
    assert (stopped[1]["load.ok"], stopped[1]["load.fail"]) == ("7", "1")
