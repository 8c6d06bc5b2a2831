"""Projections are made anew from the stream while they are served."""

import asyncio

import pytest

from apps.backoffice.domain.projections import Projection
from apps.backoffice.store import SCHEMA
from apps.backoffice.store.offsets import PostgresOffsets
from apps.backoffice.usecases.projecting import project
from apps.backoffice.usecases.rebuilding import (
    HistoryGone,
    UnknownProjection,
    ask_rebuild,
    find,
    rebuild_asked,
)
from apps.kit.database import Database
from tests.backoffice.histories import NOW, again, flags, heard, life, payouts
from tests.backoffice.looking import everything

EVENTS = heard(
    [
        *life(1, "refunded twice"),
        *payouts(1, "refunded twice"),
        *life(2, "declined", "M-02"),
        *life(3, "rejected by the bank"),
        *flags(1, "ORANGE", "RED"),
    ]
)


class Died(Exception):
    """What was at work is no more."""


@pytest.fixture
async def live(ports, told):
    """A back office that has heard all that its stream holds."""
    ports.stream.heard = list(EVENTS)
    for each in EVENTS:
        await project([each], ports)
    told.forget()
    return ports


async def numbers(ports):
    return {each.serving.generation for each in await ports.offsets.standings()}


async def test_a_rebuilt_projection_shows_the_same(live, told):
    before, old = await everything(live), await numbers(live)
    for projection in Projection:
        await ask_rebuild(projection, live)

    await rebuild_asked(live)

    assert await everything(live) == before
    assert not old & await numbers(live)
    assert told.event("rebuild.finished")["rebuild.events"] == len(EVENTS)
    assert len(told.events("projection.rebuilt")) == len(Projection)
    assert told.counted("backoffice.rebuild.duration") == 1
    assert told.span("backoffice.rebuild")


async def test_a_rebuild_mends_what_was_wrong(live):
    """A projection that misses an event has it when it is made anew."""
    missed = heard(life(4, "settled"))
    live.stream.heard += [again(each, 100 + each.stream_seq) for each in missed]
    await project([again(missed[2], 103)], live)

    await ask_rebuild("balance_view", live)
    await rebuild_asked(live)

    found = await live.views.balances("M-01")
    assert found["M-01", "EUR"].captured == 45_000
    assert (await live.views.view(missed[0].says.payment_id)).captured == 0


async def test_only_what_was_asked_for_is_made_anew(live):
    before = {
        each.projection: each.serving.generation
        for each in await live.offsets.standings()
    }
    await ask_rebuild("merchant_day", live)
    await rebuild_asked(live)

    for each in await live.offsets.standings():
        is_new = each.serving.generation != before[each.projection]
        assert is_new is (each.projection is Projection.MERCHANT_DAY)
        assert each.filling is None


async def test_asked_twice_it_is_made_once(live, told):
    first = await ask_rebuild("merchant_day", live)
    second = await ask_rebuild("merchant_day", live)

    assert first.filling == second.filling
    assert first.filling.progress == 0
    await rebuild_asked(live)
    await rebuild_asked(live)

    assert len(told.events("rebuild.started")) == 1


async def test_what_is_heard_meanwhile_is_neither_lost_nor_doubled(live):
    """Each event of a second life is heard live before, while and after it is read."""
    later = [again(each, 50 + each.stream_seq) for each in heard(life(5, "settled"))]
    replayed = live.stream.replayed
    at_work = list(later)

    async def reading():
        async for stretch in replayed():
            if at_work:
                each = at_work.pop(0)
                await project([each], live)  # heard live first, read again later
                live.stream.heard.append(each)
            yield stretch

    live.stream.replayed = reading
    for projection in Projection:
        await ask_rebuild(projection, live)
    await rebuild_asked(live)
    for each in later:
        await project([again(each, 60 + each.stream_seq)], live)

    found = await live.views.balances("M-01")
    assert not at_work
    assert found["M-01", "EUR"].captured == 25_000 + 20_000
    assert (await live.views.view(later[0].says.payment_id)).status == "settled"


async def test_an_event_heard_live_after_it_was_read_counts_once(live):
    """The new generation has read it before the hearer gets to it."""
    coming = again(heard(life(5, "settled"))[1], 50)
    live.stream.heard.append(coming)
    await ask_rebuild("balance_view", live)
    await rebuild_asked(live)

    await project([coming], live)

    found = await live.views.balances("M-01")
    assert found["M-01", "EUR"].captured == 25_000 + 20_000


async def test_a_rebuild_that_died_is_begun_anew(live, told):
    before = await everything(live)
    for projection in Projection:
        await ask_rebuild(projection, live)
    replayed = live.stream.replayed

    async def breaking_off():
        async for stretch in replayed():
            yield stretch
            raise Died

    live.stream.replayed = breaking_off
    with pytest.raises(Died):
        await rebuild_asked(live)
    half = {each.filling.generation for each in await live.offsets.standings()}
    assert await everything(live) == before

    live.stream.replayed = replayed
    await rebuild_asked(live)

    assert await everything(live) == before
    assert not half & await numbers(live)
    assert await live.offsets.sweep() == 0


async def test_two_processes_make_nothing_twice(live, told):
    for projection in Projection:
        await ask_rebuild(projection, live)

    await asyncio.gather(*(rebuild_asked(live) for _ in range(3)))

    assert len(told.events("rebuild.started")) == 1


async def test_a_rebuild_that_another_process_began_anew_is_given_up(live, told):
    before = await everything(live)
    await ask_rebuild("balance_view", live)
    replayed = live.stream.replayed

    async def overtaken():
        async for stretch in replayed():
            await live.offsets.begin()
            yield stretch

    live.stream.replayed = overtaken
    await rebuild_asked(live)

    assert told.event("rebuild.abandoned")["rebuild.events"] == 0
    assert (await find("balance_view", live)).filling
    assert await everything(live) == before


async def test_an_empty_stream_is_soon_read(ports, told):
    await ask_rebuild("payment_view", ports)
    await rebuild_asked(ports)

    assert (await find("payment_view", ports)).filling is None


async def test_nothing_is_made_anew_that_the_stream_no_longer_holds(live):
    live.stream.first_seq = 2

    with pytest.raises(HistoryGone):
        await ask_rebuild("payment_view", live)
    with pytest.raises(UnknownProjection):
        await ask_rebuild("nothing", live)

    assert (await find("payment_view", live)).filling is None


@pytest.mark.postgres
async def test_whoever_waits_for_a_swap_goes_on_with_the_new_generation(database):
    """One who hears live holds the row; the swap has it; then the next one hears."""
    offsets = PostgresOffsets(database)
    await offsets.ask(Projection.BALANCE_VIEW, 0, NOW)
    new = (await offsets.begin())[Projection.BALANCE_VIEW]
    go_on = asyncio.Event()

    async def hears(each):
        await go_on.wait()
        async with database.transaction():
            return (await offsets.advance([each]))[Projection.BALANCE_VIEW]

    hearing = [asyncio.create_task(hears(each)) for each in EVENTS[:3]]
    async with database.transaction() as db:
        assert await offsets.swap(Projection.BALANCE_VIEW, new)
        go_on.set()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
        async with asyncio.timeout(5):
            while await db.fetchval(waiting) < 3:
                await asyncio.sleep(0.01)

    assert await asyncio.gather(*hearing) == [new] * 3
    (serving,) = [
        each.serving
        for each in await offsets.standings()
        if each.projection is Projection.BALANCE_VIEW
    ]
    assert (serving.generation, serving.events, serving.position) == (new, 3, 3)


@pytest.mark.postgres
async def test_what_was_shown_before_generations_is_made_anew(database_url):
    """The view of an older release is replaced, and asks to be filled."""
    first = Database(database_url, SCHEMA[:1])
    await first.start()
    old = SCHEMA[1] / "001_payment_view.sql"
    async with first.connection() as db:
        await db.execute(old.read_text())
        await db.execute(
            "INSERT INTO payment_view VALUES (gen_random_uuid(), 'M', 'P', 'B', '0007',"
            " 1, 'EUR', 'declined', 'X', 'STANDARD', now(), repeat('0', 32))"
        )
        seen = (
            "INSERT INTO schema_history (file) VALUES ('schema/001_payment_view.sql')"
        )
        await db.execute(seen)
    await first.stop()

    database = Database(database_url, SCHEMA)
    await database.start()

    standings = await PostgresOffsets(database).standings()
    assert all(each.filling for each in standings)
    assert len(standings) == len(Projection)
    await database.stop()
