"""How much a process tells is changed while it runs, for a while."""

import asyncio
import logging

import httpx
import pytest
from fastapi import APIRouter

from apps.kit import writing
from apps.kit.levels import levels
from apps.kit.service import Service, app_of, face_of
from apps.kit.signals import tell
from apps.kit.testing import HOUSE, Doorman
from tests.fakes import PAN

PLACE = "/ops/log-level"
WISH = {"level": "debug", "for_s": 60, "reason": "slow refunds"}


@pytest.fixture
async def client(told):
    service = Service("test", None, APIRouter(), tokens=Doorman())
    transport = httpx.ASGITransport(app_of(service))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://it", headers=HOUSE
    ) as client:
        yield client
    levels.wish("info", 1, by="test", reason="over")


def told_of(told):
    return [line["log.level"] for line in told.events("log.level_changed")]


async def test_what_is_told_follows_the_level_at_once(client, told):
    for level in ("debug", "info", "error"):
        given = await client.put(PLACE, json={**WISH, "level": level})
        assert given.json()["level"] == level
        for each in ("debug", "info", "warning", "error"):
            tell("thing.seen", {"log.at": level}, level=each)

    seen = [(line["log.at"], line["level"]) for line in told.events("thing.seen")]
    assert seen == [
        *(("debug", each) for each in ("debug", "info", "warning", "error")),
        *(("info", each) for each in ("info", "warning", "error")),
        ("error", "error"),
    ]


async def test_its_route_is_told_whole(told):
    service = Service("test", None, APIRouter(), tokens=Doorman())
    transport = httpx.ASGITransport(face_of(service, app_of(service)))
    async with httpx.AsyncClient(transport=transport, base_url="http://it") as client:
        await client.get(PLACE, headers=HOUSE)

    assert told.span(f"GET {PLACE}").attributes["http.route"] == PLACE


async def test_it_says_until_when_and_who_wished_it(client):
    await client.put(PLACE, json=WISH)

    given = (await client.get(PLACE)).json()

    assert (given["level"], given["by"], given["reason"]) == (
        "debug",
        "house",
        "slow refunds",
    )
    assert given["until"]


async def test_it_ends_by_itself(client, told):
    await client.put(PLACE, json={**WISH, "for_s": 1})

    async with asyncio.timeout(10):
        while (await client.get(PLACE)).json()["level"] != "info":
            await asyncio.sleep(0.05)

    assert writing.way.least == logging.INFO
    assert told_of(told) == ["debug", "info"]
    assert told.events("log.level_changed")[-1]["log.why"] == "expired"


async def test_a_later_wish_is_not_ended_by_the_end_of_an_earlier_one(client):
    await client.put(PLACE, json={**WISH, "for_s": 1})
    await client.put(PLACE, json={**WISH, "for_s": 60})
    await asyncio.sleep(1.2)

    assert (await client.get(PLACE)).json()["level"] == "debug"


async def test_auditors_hear_of_it_and_of_all_they_ask_for_at_any_level(client, told):
    await client.put(PLACE, json={**WISH, "level": "error"})
    tell("auth.refused", {"auth.reason": "missing"}, audit=True)

    assert told.event("log.level_changed")["payscope.stream"] == "audit"
    assert told.event("log.level_changed")["log.by"] == "house"
    assert told.event("auth.refused")["payscope.stream"] == "audit"


@pytest.mark.parametrize(
    "who", [{"Authorization": "Bearer shop payments:read"}, {"Authorization": ""}]
)
async def test_only_operators_may(client, who):
    given = await client.put(PLACE, json=WISH, headers=who)

    assert given.status_code in {401, 403}
    assert levels.level == "info"


@pytest.mark.parametrize(
    "more",
    [
        {"level": "trace"},
        {"for_s": 0},
        {"for_s": 86_401},
        {"reason": ""},
        {"reason": f"card {PAN.digits}"},
        {"more": 1},
    ],
)
async def test_nonsense_changes_nothing(client, told, more):
    given = await client.put(PLACE, json=WISH | more)

    assert given.status_code == 422
    assert levels.level == "info"
    assert PAN.digits not in told.everything()
