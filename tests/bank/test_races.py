"""Two who want the same thing of the bank at the same moment, on PostgreSQL."""

import asyncio
from uuid import uuid4

import pytest

from apps.bank.domain.holds import HoldState
from apps.bank.usecases import (
    InvalidState,
    authorise,
    capture,
    expire,
    find,
    reverse,
)
from apps.kit import audit
from apps.kit.values import Cents

from .conftest import OPENING, announced, asked, money, rows

pytestmark = pytest.mark.postgres

ROUNDS = 30


@pytest.fixture
def ports(real_ports):
    return real_ports


async def test_a_reversal_races_its_own_request_and_nothing_stays_held(ports, told):
    ends = set()
    for turn in range(ROUNDS):
        request = asked(30_000)
        both = [
            authorise(request, ports),
            reverse(request.request_id, "timeout", ports),
        ]
        await asyncio.gather(*(both if turn % 2 else reversed(both)))

        known = await find(request.request_id, ports)
        ends.add(known.hold_state)
        approved = known.hold_state is HoldState.REVERSED
        assert known.code == ("00" if approved else "05")
        assert await money(request, ports) == (OPENING, 0)

    assert ends == {HoldState.REVERSED, HoldState.TOMBSTONE}
    assert len(await announced(ports)) == ROUNDS


async def test_one_request_asked_by_many_at_once_is_held_once(ports, told):
    request = asked(30_000)

    answers = await asyncio.gather(*[authorise(request, ports) for _ in range(8)])

    assert len(set(answers)) == 1
    assert await money(request, ports) == (OPENING, 30_000)
    assert len(await rows(ports, "SELECT 1 FROM hold")) == 1


async def test_one_request_reversed_by_many_at_once_is_reversed_once(ports, told):
    request_id = uuid4()

    answers = await asyncio.gather(
        *[reverse(request_id, "timeout", ports) for _ in range(8)]
    )

    assert len({answer.reversal for answer in answers}) == 1
    assert len(await announced(ports)) == 1


async def test_a_card_pays_with_the_same_money_once(ports, told):
    card = uuid4()
    many = [asked(30_000, card) for _ in range(8)]

    answers = await asyncio.gather(*[authorise(each, ports) for each in many])

    assert sorted(answer.code for answer in answers) == ["00"] * 3 + ["51"] * 5
    assert await money(many[0], ports) == (OPENING, 90_000)


async def test_a_capture_and_a_reversal_have_one_winner(ports, told):
    for _ in range(ROUNDS):
        request = asked(30_000)
        held = await authorise(request, ports)
        outcomes = await asyncio.gather(
            capture(held.authorisation_id, Cents(30_000), ports),
            reverse(request.request_id, "void", ports),
            return_exceptions=True,
        )

        (lost,) = [each for each in outcomes if isinstance(each, InvalidState)]
        (won,) = [each for each in outcomes if each is not lost]
        paid = 30_000 if won.hold_state is HoldState.CAPTURED else 0
        assert await money(request, ports) == (OPENING - paid, 0)


async def test_an_expiry_and_a_reversal_release_once(ports, clock, told):
    card = uuid4()
    many = [asked(10_000, card) for _ in range(5)]
    for each in many:
        await authorise(each, ports)
    clock.passes(days=7)

    reversals = [reverse(each.request_id, "void", ports) for each in many]
    await asyncio.gather(expire(ports), expire(ports), *reversals)

    assert await money(many[0], ports) == (OPENING, 0)
    states = {(await find(each.request_id, ports)).hold_state for each in many}
    assert states <= {HoldState.EXPIRED, HoldState.REVERSED}


async def test_the_trail_of_a_race_is_one_chain(ports, database, told):
    many = [asked(10_000) for _ in range(6)]

    await asyncio.gather(
        *[authorise(each, ports) for each in many],
        *[reverse(each.request_id, "timeout", ports) for each in many],
    )

    async with database.connection() as db:
        assert await audit.first_break(db) is None
        assert await db.fetchval("SELECT count(*) FROM audit_event") == 12
