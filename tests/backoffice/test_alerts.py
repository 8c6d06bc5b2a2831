"""Alerts at the back office's face, and how they are kept: by the fake and PostgreSQL."""

from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from apps.backoffice.app import router
from apps.backoffice.app.examples import ALERTS
from apps.backoffice.domain.alerts import KEPT_FOR, Alert
from apps.backoffice.store.alerts import PURGE
from apps.backoffice.usecases import alerting
from apps.kit.forgetting import forget
from apps.kit.service import Service, app_of
from apps.kit.testing import HOUSE, Doorman
from tests.backoffice.conftest import kept_in
from tests.backoffice.fakes import KEY

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AFTER = AT + timedelta(minutes=3)
BY_KEY = {"Authorization": f"Bearer {KEY.decode()}"}

FIRING = Alert(
    fingerprint="9c4e1f0a7b2d3c58",
    starts_at=AT,
    ends_at=None,
    name="DeadLetters",
    severity="ticket",
    subject="fraud",
    summary="Events wait that no hearer could take.",
    description="2 wait.",
    runbook="docs/runbooks/DeadLetters.md",
    labels={"alertname": "DeadLetters", "severity": "ticket"},
)
OVER = replace(FIRING, ends_at=AFTER)


@pytest.fixture
async def client(ports, told):
    app = app_of(Service("backoffice", ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def said(client, headers=BY_KEY, **changed):
    """Alertmanager's message, with an alert that is a little different."""
    body = deepcopy(ALERTS)
    body["alerts"][0] |= changed
    return await client.post("/ops/alerts", json=body, headers=headers)


async def test_an_alert_that_is_told_again_fires_once_and_is_over_once(ports, told):
    for alert in (FIRING, FIRING, OVER, OVER):
        await alerting.hear([alert], ports)

    assert [line["alert.name"] for line in told.events("alert.fired")] == [
        "DeadLetters"
    ]
    assert len(told.events("alert.resolved")) == 1
    for status in ("firing", "resolved"):
        assert told.counted("backoffice.alerts", alert_status=status) == 1
    assert await alerting.latest(9, ports) == [OVER]


async def test_an_alert_that_fires_anew_is_another_one(ports, told):
    anew = replace(FIRING, starts_at=AFTER)

    await alerting.hear([OVER, anew], ports)

    assert await alerting.latest(9, ports) == [anew, OVER]


async def test_an_alert_that_fired_anew_was_over_before_whoever_told_of_it(ports, told):
    """Alertmanager forgets the first time, if the second comes before it told of its end."""
    anew = replace(FIRING, starts_at=AFTER)

    await alerting.hear([FIRING], ports)
    await alerting.hear([anew], ports)

    assert await alerting.latest(9, ports) == [anew, OVER]
    assert len(told.events("alert.fired")) == 2
    assert len(told.events("alert.resolved")) == 1


async def test_what_fires_stands_before_what_is_over_however_old(ports, told):
    later = replace(OVER, fingerprint="0" * 16, starts_at=AFTER)
    latest = replace(OVER, fingerprint="1" * 16, starts_at=AFTER + timedelta(hours=1))

    await alerting.hear([later, FIRING, latest], ports)

    assert await alerting.latest(9, ports) == [FIRING, latest, later]
    assert await alerting.latest(1, ports) == [FIRING]


async def test_alertmanager_tells_and_operators_look(client):
    heard = await said(client)
    listed = (await client.get("/ops/alerts", headers=HOUSE)).json()

    assert heard.status_code == 204
    (alert,) = listed
    assert alert["name"] == "DeadLetters"
    assert alert["subject"] == "fraud"
    assert alert["status"] == "firing"
    assert alert["ends_at"] is None, "the year 1 is no end"


async def test_what_is_over_says_since_when(client):
    await said(client, status="resolved", endsAt="2026-03-01T12:02:00Z")

    (alert,) = (await client.get("/ops/alerts", headers=HOUSE)).json()
    assert alert["status"] == "resolved"
    assert alert["ends_at"] == "2026-03-01T12:02:00Z"


@pytest.mark.parametrize(
    "headers",
    [{}, HOUSE, {"Authorization": "Bearer "}, {"Authorization": f"Basic {KEY!r}"}],
    ids=["none", "a token of the house", "empty", "another scheme"],
)
async def test_nobody_but_alertmanager_tells_alerts(client, headers):
    refused = await said(client, headers)

    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await client.get("/ops/alerts", headers=HOUSE)).json() == []


async def test_alertmanagers_key_opens_nothing_else(client):
    for path in ("/ops/alerts", "/ops/dlq"):
        assert (await client.get(path, headers=BY_KEY)).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"status": "asleep"},
        {"fingerprint": "../../etc"},
        {"startsAt": "yesterday"},
        {"startsAt": 1772366400},
        {"startsAt": "2026-03-01 12:00Z"},
        {"labels": {"a b": "c"}},
        {"labels": {"alertname": "x" * 2001}},
        {"labels": {f"label_{number}": "" for number in range(101)}},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_what_is_no_alert_is_a_problem_and_is_not_kept(client, changed):
    refused = await said(client, **changed)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert (await client.get("/ops/alerts", headers=HOUSE)).json() == []


async def test_another_version_of_the_message_is_not_guessed_at(client):
    refused = await client.post(
        "/ops/alerts", json=ALERTS | {"version": "5"}, headers=BY_KEY
    )

    assert refused.status_code == 422


async def test_a_card_number_in_an_alert_is_masked_before_it_is_kept(client, told):
    await said(client, annotations={"summary": "card 5204460010000007 fails"})

    shown = (await client.get("/ops/alerts", headers=HOUSE)).text
    assert "5204460010000007" not in shown + told.everything()
    assert "•••• 0007" in shown


@pytest.mark.postgres
async def test_alerts_of_more_than_a_month_ago_are_forgotten(database, told):
    ports = kept_in(database, None)
    old = datetime.now(UTC) - KEPT_FOR
    young = replace(FIRING, starts_at=old + timedelta(minutes=1))
    await alerting.hear([replace(OVER, starts_at=old), young], ports)

    assert await forget(database, PURGE, KEPT_FOR) == 1
    assert await alerting.latest(9, ports) == [young]
