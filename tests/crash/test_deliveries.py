"""Every delivery twice and in no order: effects are exact, and duplicates counted."""

import random
from collections import Counter
from collections.abc import Sequence
from uuid import uuid4

from nats.js.api import RawStreamMsg

from apps.verify.streams import matches

from .deeds import DECLINED, SMALL, be_caught, buy, give_back, let_go
from .exact import all_effects
from .till import Order
from .world import Books, World

HEARERS = ("fraud", "backoffice", "notifications")

LISTENING = ("payments-void_flagged", "payments-confirm_reversal")
"""Who heard everything in good order before."""

EFFECTS = {
    "payments": [
        "SELECT * FROM payment ORDER BY payment_id",
        "SELECT * FROM payment_event ORDER BY payment_id, seq",
        "SELECT * FROM ledger_transaction ORDER BY seq",
        "SELECT id FROM outbox ORDER BY seq",
    ],
    "bank": ["SELECT * FROM standing ORDER BY request_id", "SELECT id FROM outbox"],
    "fraud": ["SELECT * FROM card_risk ORDER BY card_token", "SELECT id FROM outbox"],
    "backoffice": [
        "SELECT * FROM payment_view ORDER BY payment_id",
        "SELECT * FROM merchant_day ORDER BY 1, 2, 3, 4, 5, 6",
        "SELECT * FROM balance_view ORDER BY 1, 2, 3",
        "SELECT * FROM card_flag ORDER BY card_token",
    ],
    "notifications": [
        "SELECT * FROM notification ORDER BY id",
        "SELECT * FROM delivery_attempt ORDER BY notification_id, attempt",
    ],
}
"""All that follows from events, anywhere."""


async def effects(books: Books) -> dict[str, list]:
    return {
        query: await books.databases[name].fetch(query)
        for name, queries in EFFECTS.items()
        for query in queries
    }


async def sent(books: Books, after: int = 0) -> list[RawStreamMsg]:
    """What the stream holds behind that message."""
    state = (await books.stream.stream_info("PAY")).state
    first = max(state.first_seq, after + 1)
    return [
        await books.stream.get_msg("PAY", seq)
        for seq in range(first, state.last_seq + 1)
    ]


async def send(books: Books, messages: Sequence[RawStreamMsg]):
    """Once more, in no order; under ids of their own, or the stream would drop them."""
    for message in random.sample(messages, len(messages)):
        headers = {**(message.headers or {}), "Nats-Msg-Id": str(uuid4())}
        await books.stream.publish(message.subject, message.data, headers=headers)


async def due(books: Books, messages: Sequence[RawStreamMsg]) -> Counter[str]:
    """How many of these each hearer hears."""
    return Counter(
        {
            consumer.name: sum(
                any(matches(pattern, message.subject) for pattern in patterns)
                for message in messages
            )
            for consumer in await books.stream.consumers_info("PAY")
            if (patterns := subjects(consumer.config))
        }
    )


def subjects(config) -> list[str]:
    return config.filter_subjects or [config.filter_subject]


def dropped(world: World) -> Counter[str]:
    """How many duplicates each hearer has counted."""
    return Counter(
        line["messaging.consumer.group.name"]
        for service in world.services.values()
        for line in service.told("message.duplicate")
    )


async def test_all_that_was_ever_sent_may_come_again_in_any_order(world, books, till):
    for deed in (buy, let_go, give_back):
        await deed(till)
    caught = await be_caught(till)
    await books.final()
    assert [(await books.payment(key))["status"] for key in caught] == ["voided"] * 2
    messages = await sent(books)
    before, counted = await effects(books), dropped(world)

    await send(books, messages)
    await books.final()

    assert await effects(books) == before
    assert dropped(world) - counted == await due(books, messages)
    await all_effects(books)
    await books.audit()


async def test_who_hears_all_of_it_twice_and_in_no_order_from_the_start_is_exact(
    world, books, till
):
    seen = (await books.stream.stream_info("PAY")).state.last_seq
    for name in HEARERS:
        world[name].kill()
    for _ in range(3):
        for deed in (buy, let_go, give_back):
            await deed(till)
        for amount in (SMALL, DECLINED):
            await till.pays(Order(amount))
    await books.final(besides=HEARERS)
    messages = await sent(books, after=seen)
    counted = dropped(world)

    await books.stream.purge_stream("PAY")
    await send(books, [*messages, *messages])
    for name in HEARERS:
        world[name].begin()
    await books.final()

    expected = await due(books, messages)
    for name in LISTENING:
        expected[name] *= 2
    assert dropped(world) - counted == expected
    await all_effects(books)
    await books.audit()
