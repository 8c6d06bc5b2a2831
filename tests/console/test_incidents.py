"""What an engineer on call is shown: who is silent, what is open, what waits, what to type."""

import re
import tomllib

import pytest

from apps.console.app import alarms, commands, incidents
from apps.console.clients.shelf import Shelf
from apps.console.domain import incidents as domain
from apps.console.domain.alerts import of_alertmanager
from apps.console.domain.drills import DRILLS
from apps.console.domain.series import Series
from apps.console.domain.silence import Silent
from apps.console.usecases import attending, living
from native.faults import Fault
from native.shape import PROXIED
from tests.console.fakes import BOARDS, NOW, ROOT, RUNBOOKS, FakeServer, fake_ports

S = NOW.timestamp()
AWAY = Silent("Prometheus", "nobody listens there")


def series(value, **labels):
    return Series(labels, ((S, value),))


def heard(name, ago):
    service = name.rpartition("-")[0]
    return series(S - ago, service_name=service, service_instance_id=name)


def prometheus(**answers):
    """Answers by a word of the question."""

    def now(expr, _at):
        return next((said for word, said in answers.items() if word in expr), [])

    return FakeServer(now=now)


async def test_who_was_there_within_the_hour_is_missed():
    asked = prometheus(
        loop_lag=[heard("bank-2", 200.0), heard("bank-1", 3.0)],
        ejected=[series(1.0, peer_service="bank")],
    )

    fleet = await attending.fleet(fake_ports(prometheus=asked))

    assert [each.name for each in fleet.replicas["bank"]] == ["bank-1", "bank-2"]
    assert [each.name for each in fleet.silent] == ["bank-2"]
    assert fleet.left_out == {"bank": 1}


async def test_an_open_breaker_comes_first_and_is_red():
    states = [
        series(float(state), service_instance_id="payments-1", breaker_name=name)
        for name, state in [("bank", 0), ("fraud", 2)]
    ]

    found = await attending.breakers(fake_ports(prometheus=prometheus(breaker=states)))

    assert [(each.name, each.word, each.hue) for each in found] == [
        ("fraud", "open", "bad"), ("bank", "closed", "good"),
    ]  # fmt: skip


async def test_what_waits_too_long_is_told_from_what_only_waits():
    asked = prometheus(
        saga_due=[series(3.0, saga_step="capture"), series(0.0, saga_step="standin")],
        saga_age=[series(20.0, saga_step="capture")],
        dlq=[series(2.0, messaging_consumer_group_name="fraud")],
    )

    found = await attending.waiting(fake_ports(prometheus=asked))

    assert [(each.what.name, each.whose, each.is_bad) for each in found] == [
        ("Dead letters", "fraud", True), ("Steps of sagas", "capture", False),
    ]  # fmt: skip


async def test_dead_letters_are_counted_by_nats_and_unknown_without_it():
    stream = {"name": "DLQ", "state": {"messages": 4}}
    said = {"account_details": [{"stream_detail": [stream, {"name": "PAY"}]}]}

    assert await living.dead_letters(fake_ports(nats=FakeServer(json=said))) == 4
    assert await living.dead_letters(fake_ports()) is None


async def test_each_server_is_asked_whether_it_answers():
    there, away = FakeServer(is_there=True), FakeServer(is_there=False)
    ports = fake_ports(
        prometheus=there, loki=away, tempo=there, alertmanager=there, nats=there
    )

    found = await attending.answering(ports)

    assert [name for name, is_there in found.items() if not is_there] == ["Loki"]
    assert ("is_there", "/-/ready") in there.asked


@pytest.mark.parametrize("telling", ["_replicas", "_breakers", "_waits"])
async def test_a_silent_prometheus_is_named_in_each_place(telling):
    ports = fake_ports(prometheus=FakeServer(now=AWAY))

    with pytest.raises(Silent, match="Prometheus does not answer"):
        await getattr(incidents, telling)(ports)


async def test_a_page_without_anybody_still_says_who_is_away():
    html = await incidents._answers(
        fake_ports(
            **{
                name: FakeServer(is_there=False)
                for name in ("prometheus", "loki", "tempo", "alertmanager", "nats")
            }
        )
    )

    assert html.count("silent") == 5
    assert 'data-copy="make status"' in html


def test_an_alert_leads_to_its_runbook():
    said = {"labels": {"alertname": "<b>", "severity": "page"}, "startsAt": "2026-11-22T12:00:00Z",
            "annotations": {"summary": "s", "description": "d",
                            "runbook_url": "docs/runbooks/BankSlow.md"}}  # fmt: skip

    html = alarms.alerts(of_alertmanager([said]))

    assert 'href="/runbooks/BankSlow"' in html
    assert "<b><b>" not in html
    assert ">d<" in html


@pytest.mark.parametrize("name", ["../decisions/0046", "bank/x", "", "Näme", "Nobody"])
def test_only_a_runbook_is_read(name):
    assert Shelf(BOARDS, RUNBOOKS).runbook(name) is None


def test_what_waits_has_the_limits_of_its_alerts():
    told = tomllib.loads((ROOT / "prometheus/alerts.toml").read_text())["alert"]
    limits = {alert["name"]: alert["limit"] for alert in told}

    for wait in domain.WAITS:
        assert limits[wait.runbook] == wait.most
        assert Shelf(BOARDS, RUNBOOKS).runbook(wait.runbook)


@pytest.mark.parametrize("drill", DRILLS, ids=lambda drill: drill.name)
def test_a_command_that_is_shown_can_be_typed(drill):
    for command in (drill.breaks, drill.mends):
        words = re.fullmatch(
            r"make (stop|start|fault) s=([a-z]+)(?: t=(\S+))?", command
        )
        assert words
        if drill.needs_proxy:
            assert words[2] in PROXIED
            assert words[3] == "clear" or Fault.of(words[3])
    assert drill.breaks in commands.drills()
