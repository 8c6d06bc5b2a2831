"""Operators look at the breakers, and hold them; what they do is in the trail."""

import httpx
import pytest

from apps.kit import audit
from apps.kit.audit import Entry
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of
from apps.kit.testing import Doorman
from apps.payments.app import router

HOLD = {"state": "open", "for_s": 60, "reason": "bank maintenance"}
HERE = "/ops/breakers/bank"


@pytest.fixture
async def client(ports):
    app = app_of(Service("payments", ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(ServerTelemetry(app), raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://test",
        headers={"Authorization": "Bearer jane ops"},
    ) as client:
        yield client


@pytest.fixture
def breaker(ports):
    return ports.breakers.named("bank")


async def test_the_breakers_say_how_they_stand(client, told):
    (shown,) = (await client.get("/ops/breakers")).json()

    assert shown == {
        "name": "bank",
        "state": "closed",
        "calls": 0,
        "bad": 0.0,
        "retry_after_s": 0.0,
        "held": None,
    }


@pytest.mark.parametrize(
    ("wish", "state"), [("open", "forced_open"), ("closed", "disabled")]
)
async def test_a_breaker_is_held_for_a_while_and_let_go(
    client, breaker, told, wish, state
):
    held = await client.put(HERE, json=HOLD | {"state": wish})

    assert held.status_code == 200
    assert (held.json()["state"], breaker.state) == (state, state)
    assert held.json()["held"]["by"] == "jane"
    assert held.json()["held"]["reason"] == "bank maintenance"
    free = await client.put(HERE, json=HOLD | {"state": "auto"})
    assert (free.json()["state"], free.json()["held"]) == ("closed", None)


async def test_who_held_it_why_and_for_how_long_is_in_the_trail(client, store, told):
    await client.put(HERE, json=HOLD)

    (entry,) = store.audited
    assert (entry.actor, entry.action) == ("client:jane", "breaker.force")
    assert (entry.subject, entry.result) == ("bank", "open")
    assert entry.facts == {
        "breaker.was": "closed",
        "breaker.for_s": 60,
        "breaker.reason": "bank maintenance",
    }
    assert told.event("breaker.changed")["breaker.by"] == "jane"


async def test_what_cannot_be_kept_in_the_trail_does_not_happen(
    client, ports, breaker, told
):
    async def fails(_entry):
        raise RuntimeError

    ports.breakers._audit = fails

    assert (await client.put(HERE, json=HOLD)).status_code == 500
    assert breaker.state == "closed"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"state": "ajar"}, "/state"),
        ({"for_s": 0}, "/for_s"),
        ({"for_s": 86_401}, "/for_s"),
        ({"reason": ""}, "/reason"),
        ({"reason": "two\nlines"}, "/reason"),
        ({"reason": "card 5204460010000007"}, "/reason"),
        ({"who": "me"}, "/?"),
    ],
)
async def test_a_faulty_wish_changes_nothing(
    client, breaker, store, told, change, pointer
):
    answer = await client.put(HERE, json=HOLD | change)

    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    assert (breaker.state, store.audited) == ("closed", [])


async def test_an_unknown_breaker_is_not_found_and_leaves_no_row(client, store, told):
    answer = await client.put("/ops/breakers/moon", json=HOLD)

    assert (answer.status_code, store.audited) == (404, [])


@pytest.mark.postgres
async def test_the_row_is_in_the_chain(real, told):
    await real.steps.note(Entry("client:jane", "breaker.force", "bank", "open"))

    async with real.store.database.connection() as db:
        actor = await db.fetchval("SELECT actor FROM audit_event ORDER BY seq DESC")
        assert await audit.first_break(db) is None
    assert actor == "client:jane"
