"""A process dies between keeping and telling; whoever asks again finds it done once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from apps.kit.crashing import KILLED, POINTS

from .edges import ALL, AMOUNTS, OUT_OF_REACH, REACHABLE, Edge, Outcome
from .exact import all_effects
from .left import LEFT
from .till import Order, Till, told
from .world import Books, World


def test_every_edge_with_every_outcome_runs_or_says_why_not():
    assert len(POINTS) == 12
    assert len(ALL) == len(REACHABLE) + len(OUT_OF_REACH) == 36
    assert all(edge.why_not for edge in OUT_OF_REACH)
    assert set(LEFT) == set(POINTS)


@asynccontextmanager
async def answering(world: World, outcome: Outcome) -> AsyncIterator[None]:
    """Inside, the bank answers, or it is frozen."""
    if outcome is Outcome.TIMEOUT:
        world["bank"].freeze()
    try:
        yield
    finally:
        world["bank"].thaw()


async def die(edge: Edge, order: Order, world: World, till: Till):
    """The order is sent, and the process has died at the edge."""
    await till.sends(order)
    if edge.service == "bank":
        world["bank"].thaw()  # or it never gets there
    assert await world[edge.service].died() == KILLED


async def wait_for_settlement(
    edge: Edge, order: Order, world: World, books: Books, till: Till
):
    """The order and another one are captured, and nobody settles them."""
    await world["payments"].restart(PAYMENTS_SETTLE_EVERY_S="3600")
    async with answering(world, edge.outcome):
        for each in (order, Order(order.amount)):
            await till.pays(each)
    await books.final(besides=["payments: captures unsettled"])


async def in_the_end(order: Order, books: Books) -> tuple[str | None, ...]:
    payment = await books.payment(order.key)
    held = await books.authorised(payment["payment_id"])
    state = held["state"] if held else None
    return payment["status"], payment["response_code"], payment["source"], state


@pytest.mark.parametrize("edge", REACHABLE, ids=str)
async def test_a_payment_is_made_once_wherever_a_process_dies(
    edge: Edge, world: World, books: Books, till: Till
):
    order = Order(AMOUNTS[edge.outcome])
    if edge.point == "payments.mid_settlement":
        await wait_for_settlement(edge, order, world, books, till)

    await world[edge.service].restart(**edge.planned)
    async with answering(world, edge.outcome):
        await die(edge, order, world, till)
        await LEFT[edge.point](edge, order, books)
        await books.lapse()
        await world[edge.service].start()
        answer = await till.pays(order)
    await books.final()

    again = await till.sends(order)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.content == answer.content
    assert told(answer) == edge.end[1:3]
    assert await in_the_end(order, books) == edge.end
    await all_effects(books)
    await books.audit()


@pytest.mark.parametrize("edge", OUT_OF_REACH, ids=str)
async def test_what_is_out_of_reach_kills_nobody(
    edge: Edge, world: World, books: Books, till: Till
):
    order = Order(AMOUNTS[edge.outcome])
    await world[edge.service].restart(**edge.planned)

    async with answering(world, edge.outcome):
        await till.pays(order)
    await books.final()

    assert world[edge.service].lives
    assert await in_the_end(order, books) == edge.end
