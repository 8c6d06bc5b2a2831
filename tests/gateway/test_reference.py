"""Reference data is kept for a moment; money never is."""

import asyncio

import pytest

from apps.gateway.domain.calls import Answer
from apps.gateway.domain.kept import FRESH_S, STALE_S
from apps.kit import deadlines
from apps.kit.errors import DeadlineExceeded, DependencyUnavailable

from .house import HOUSE, JSON, House, always, answer, merchant

POS = "/api/v1/pos"


def failing(fault):
    async def reply(_call):
        raise fault

    return reply


async def test_a_list_is_asked_for_once_and_says_its_age(told):
    house = House()
    client = house.client()

    first = await client.get(POS, headers=HOUSE)
    house.clock.at += 12
    again = await client.get(POS, headers=HOUSE)

    assert len(house.calls) == 1
    assert first.content == again.content
    assert (first.headers["age"], again.headers["age"]) == ("0", "12")
    assert again.headers["cache-control"] == f"private, max-age={FRESH_S}"
    assert told.counted("cache.lookups", cache_outcome="hit") == 1
    assert told.counted("cache.lookups", cache_outcome="miss") == 1


async def test_a_hundred_who_ask_at_once_are_one_question_to_payments(told):
    async def slowly(_call):
        await asyncio.sleep(0.02)
        return Answer(200, JSON, b'["one"]')

    house = House(slowly)
    client = house.client()

    given = await asyncio.gather(*(client.get(POS, headers=HOUSE) for _ in range(100)))

    assert len(house.calls) == 1
    assert {each.content for each in given} == {b'["one"]'}


async def test_who_is_in_a_hurry_spoils_it_for_nobody_else(told):
    left = []

    async def when_allowed(_call):
        left.append(deadlines.left_s())
        await gate.wait()
        return answer()

    house, gate = House(when_allowed), asyncio.Event()
    client = house.client()
    hasty = await client.get(POS, headers={**HOUSE, "Request-Timeout-Ms": "200"})
    patient = asyncio.create_task(client.get(POS, headers=HOUSE))
    await asyncio.sleep(0)
    gate.set()

    assert hasty.status_code == 504
    assert (await patient).status_code == 200
    assert left == [None]
    assert len(house.calls) == 1


async def test_who_is_in_a_hurry_is_given_the_old_list_and_others_wait_for_the_new(
    told,
):
    async def never(_call):
        await asyncio.Event().wait()

    house = House()
    client = house.client()
    old = await client.get(POS, headers=HOUSE)
    house.payments.reply = never
    house.clock.at += FRESH_S + 5

    hasty = await client.get(POS, headers={**HOUSE, "Request-Timeout-Ms": "50"})

    assert (hasty.status_code, hasty.content) == (200, old.content)
    assert hasty.headers["age"] == str(FRESH_S + 5)
    assert told.counted("cache.lookups", cache_outcome="stale") == 1
    assert told.events("cache.stale") == [], "of payments, his hurry says nothing"


async def test_who_has_it_already_is_told_so(told):
    house = House()
    client = house.client()
    first = await client.get(POS, headers=HOUSE)

    for named in (first.headers["etag"], f"W/{first.headers['etag']}", '"x", *'):
        again = await client.get(POS, headers={**HOUSE, "If-None-Match": named})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    other = await client.get(POS, headers={**HOUSE, "If-None-Match": '"other"'})

    assert other.status_code == 200
    assert len(house.calls) == 1


async def test_what_one_caller_has_already_is_asked_for_whole(told):
    """Else payments would say 304, and there were nothing to give to the next one."""
    house = House()

    await house.client().get(POS, headers={**HOUSE, "If-None-Match": '"old"'})

    names = {name for name, _value in house.payments.calls[0].headers}
    assert "if-none-match" not in names


async def test_the_services_own_etag_is_kept_and_other_bytes_have_another(told):
    own = House(always(answer(etag='"7"')))
    one, other = House(always(answer(body=b"[1]"))), House(always(answer(body=b"[2]")))

    tags = [
        (await each.client().get(POS, headers=HOUSE)).headers["etag"]
        for each in (own, one, other)
    ]

    assert tags[0] == '"7"'
    assert len(set(tags)) == 3
    assert not any(tag.startswith("W/") for tag in tags)


async def test_no_merchant_is_given_what_another_was_given(told):
    async def his_own(call):
        return answer(body=dict(call.headers)["authorization"].encode())

    house = House(his_own)
    client = house.client()

    given = [
        await client.get(POS, headers=who)
        for who in (merchant("M-01"), merchant("M-02"), HOUSE, merchant("M-01"))
    ]

    assert len(house.calls) == 3
    assert b"@M-01" in given[0].content
    assert b"@M-02" in given[1].content
    assert given[2].content == b"Bearer house"
    assert given[3].content == given[0].content


async def test_a_query_is_another_question(told):
    house = House()
    client = house.client()

    await client.get(f"{POS}?a=1", headers=HOUSE)
    await client.get(f"{POS}?a=2", headers=HOUSE)

    assert [call.path for call in house.calls] == ["/pos?a=1", "/pos?a=2"]


@pytest.mark.parametrize(
    "reply",
    [
        failing(DependencyUnavailable("payments is away.")),
        failing(DeadlineExceeded("payments took too long.")),
        always(answer(500)),
        always(answer(503)),
    ],
    ids=["away", "silent", "broken", "overloaded"],
)
async def test_an_old_list_is_given_while_there_is_no_new_one(told, reply):
    house = House()
    client = house.client()
    first = await client.get(POS, headers=HOUSE)
    house.payments.reply = reply
    house.clock.at += FRESH_S + 30

    given = await client.get(POS, headers=HOUSE)

    assert (given.status_code, given.content) == (200, first.content)
    assert given.headers["age"] == str(FRESH_S + 30)
    assert given.headers["warning"].startswith("110")
    assert given.headers["cache-control"] == "private, no-cache"
    assert told.counted("cache.lookups", cache_outcome="stale") == 1
    spans = [span for span in told.spans if span.name == "GET /api/v1/pos"]
    (event,) = spans[-1].events
    assert event.attributes["cache.outcome"] == "stale"


async def test_too_old_a_list_is_none(told):
    house = House()
    client = house.client()
    await client.get(POS, headers=HOUSE)
    house.payments.reply = failing(DependencyUnavailable("payments is away."))
    house.clock.at += FRESH_S + STALE_S

    given = await client.get(POS, headers=HOUSE)

    assert given.status_code == 503


async def test_what_is_broken_from_the_start_comes_out_as_it_is(told):
    house = House(always(answer(503, b'{"code": "overloaded"}')))

    given = await house.client().get(POS, headers=HOUSE)

    assert (given.status_code, given.json()) == (503, {"code": "overloaded"})


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
async def test_a_refusal_is_not_kept(told, status):
    house = House(always(answer(status)))
    client = house.client()

    given = [await client.get(POS, headers=HOUSE) for _ in range(2)]

    assert [each.status_code for each in given] == [status] * 2
    assert len(house.calls) == 2


@pytest.mark.parametrize("path", ["/payments", "/merchants/M-01/balance"])
async def test_money_is_asked_for_each_time(told, path):
    house = House()
    client = house.client()

    for _ in range(3):
        await client.get(f"/api/v1{path}", headers=HOUSE)

    assert len(house.calls) == 3
