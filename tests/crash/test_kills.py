"""The broker and payments are killed amid a burst; every client gets its one answer."""

import asyncio
import time
from collections import Counter

from .deeds import APPROVED, DECLINED, SMALL
from .exact import all_effects
from .till import Order

BURST = 100
AMOUNTS = (SMALL, APPROVED, DECLINED, 15_000)


async def answered(tasks, enough, within_s=120.0):
    """Returns when so many clients have their answer."""
    end = time.monotonic() + within_s
    while sum(task.done() for task in tasks) < enough:
        assert time.monotonic() < end, "too few answers"
        await asyncio.sleep(0.01)


async def test_who_sends_again_is_answered_once_whatever_is_killed(world, till):
    orders = [Order(AMOUNTS[n % len(AMOUNTS)]) for n in range(BURST)]

    async with asyncio.TaskGroup() as clients:
        tasks = [clients.create_task(till.pays(order)) for order in orders]
        await answered(tasks, 15)
        world.nats.kill()
        await answered(tasks, 30)
        world["payments"].kill()
        assert not all(task.done() for task in tasks)
        await world.nats.start()
        await world["payments"].start()

    async with world.opened() as after:
        await after.final()
        answers = [task.result().json() for task in tasks]
        assert len({answer["payment_id"] for answer in answers}) == BURST
        kept = [await after.payment(order.key) for order in orders]
        told = Counter((each["payment_id"], each["response_code"]) for each in answers)
        assert told == Counter(
            (str(each["payment_id"]), each["response_code"]) for each in kept
        )
        for order, task in zip(orders, tasks, strict=True):
            assert (await till.sends(order)).content == task.result().content
        await all_effects(after)
        await after.audit()
