"""What is to be kept at the same moment is kept in one statement, and fails alone."""

import asyncio

import pytest

from apps.kit import audit
from apps.payments.domain.payment import ConcurrentChange, Status
from apps.payments.store import ledger
from tests.payments.domain.lives import FLAGGED, captured
from tests.payments.paying import automatic, finished, paid
from tests.payments.test_store import happening

pytestmark = pytest.mark.postgres


@pytest.fixture
def ports(real):
    return real


@pytest.fixture
async def payments(ports, told):
    return [await paid(automatic(15_000), ports) for _ in range(5)]


async def statements(database):
    """How many transactions added to the trail: each of them held it once."""
    async with database.connection() as db:
        return await db.fetchval("SELECT count(DISTINCT xmin::text) FROM audit_event")


async def test_what_comes_together_is_kept_together(database, store, payments):
    before = await statements(database)

    await asyncio.gather(
        *(store.keep(happening(payment, captured())) for payment in payments)
    )

    for payment in payments:
        after = await store.payment(payment.payment_id)
        assert after.status is Status.CAPTURED
    assert await statements(database) == before + 1


async def test_both_chains_hold(database, ports, store, payments):
    for payment in payments:
        await finished(ports, payment)

    async with database.connection() as db:
        assert await audit.first_break(db) is None
        assert await ledger.first_break(db) is None


async def test_what_is_refused_takes_nothing_from_the_others(store, payments, told):
    stale, *others = payments
    await store.keep(happening(stale, FLAGGED))

    kept = await asyncio.gather(
        *(store.keep(happening(payment, captured())) for payment in payments),
        return_exceptions=True,
    )

    assert isinstance(kept[0], ConcurrentChange)
    assert kept[1:] == [None] * len(others)
    for payment in others:
        after = await store.payment(payment.payment_id)
        assert after.status is Status.CAPTURED
    assert told.counted("audit.events", audit_action="payment.capture") == len(others)


async def test_each_trace_shows_the_statement_and_how_many_it_was_for(
    ports, payments, told
):
    told.forget()
    await finished(ports)

    captures = [each for each in told.spans if each.name == "payments.capture"]
    statements = {
        each.parent.span_id: each
        for each in told.spans
        if each.name == "SELECT keep_payments"
    }
    assert len(captures) == len(statements) == len(payments)
    assert {each.context.span_id for each in captures} == set(statements)
    sizes = [
        each.attributes.get("db.operation.batch.size", 1)
        for each in statements.values()
    ]
    assert max(sizes) > 1
