"""The same edges in the other services, and clients that do not come back."""

from dataclasses import dataclass

import pytest

from apps.kit.crashing import KILLED

from .deeds import APPROVED, arouse_suspicion, buy, let_go
from .exact import all_effects
from .till import Order, told


@dataclass(frozen=True)
class Edge:
    service: str
    point: str
    deed: object
    """What brings the service there."""

    def __str__(self) -> str:
        return f"{self.service}-{self.point}"


EDGES = [
    Edge("payments", "outbox.after_put", buy),
    Edge("payments", "inbox.before_ack", let_go),
    Edge("bank", "outbox.after_put", let_go),
    Edge("bank", "outbox.after_publish", let_go),
    Edge("fraud", "outbox.after_put", arouse_suspicion),
    Edge("fraud", "outbox.after_publish", arouse_suspicion),
    Edge("backoffice", "inbox.before_ack", buy),
    Edge("notifications", "outbox.after_put", buy),
    Edge("notifications", "outbox.after_publish", buy),
    Edge("notifications", "inbox.before_ack", buy),
]


@pytest.mark.parametrize("edge", EDGES, ids=str)
async def test_whoever_dies_there_all_is_done_once(edge, world, books, till):
    dying = world[edge.service]
    await dying.restart(PAYSCOPE_CRASH_AT=edge.point, PAYSCOPE_CRASH_IN=edge.service)

    async with till.doing(edge.deed):
        assert await dying.died() == KILLED
        await books.lapse()
        await dying.start()
    await books.final()

    await all_effects(books)
    await books.audit()


@pytest.mark.parametrize(
    ("point", "held"),
    [("payments.after_intent", "tombstone"), ("payments.after_bank", "reversed")],
)
async def test_an_order_that_nobody_sends_again_is_given_up(
    point, held, world, books, till
):
    order = Order(APPROVED)
    await world["payments"].restart(PAYSCOPE_CRASH_AT=point)

    assert await till.sends(order) is None
    assert await world["payments"].died() == KILLED
    await books.lapse()
    await world["payments"].start(PAYMENTS_ABANDONED_AFTER_S="0.1")
    await books.final()

    payment = await books.payment(order.key)
    assert (payment["status"], payment["response_code"]) == ("declined", "SYSTEM_ERROR")
    assert (await books.authorised(payment["payment_id"]))["state"] == held
    assert told(await till.sends(order)) == ("SYSTEM_ERROR", "terminal")
    await all_effects(books)
    await books.audit()


async def test_who_was_told_pending_gets_the_banks_word_from_the_next_process(
    world, books, till
):
    order = Order(APPROVED)
    world["bank"].freeze()
    try:
        left = await till.sends(order, within_ms=600)
        world["payments"].kill()
    finally:
        world["bank"].thaw()

    assert (left.status_code, left.json()["status"]) == (202, "pending")
    await world["payments"].start(PAYMENTS_ABANDONED_AFTER_S="0.1")
    await books.final()

    payment = await books.payment(order.key)
    assert payment["status"] in {"settled", "declined"}
    assert (await till.sends(order)).content == left.content
    await all_effects(books)
    await books.audit()
