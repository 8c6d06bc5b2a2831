"""The auditor's tests plant faults in databases in which all was in order."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

import asyncpg
import pytest

from apps.kit import audit, inbox, outbox
from apps.kit.migrating import migrate
from native.paths import ROOT

from .world import World, captured, declined, refunded, requested, settled, urls, voided
from .world import authorised as accepted

KIT = [outbox.SCHEMA, inbox.SCHEMA, audit.SCHEMA]


async def made(name: str, url: str) -> None:
    """Its schema is there, and nothing in it."""
    db = await asyncpg.connect(url)
    await db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await migrate(db, [*KIT, ROOT / "apps" / name / "schema"])
    await db.close()


@pytest.fixture(scope="package")
def database_urls(postgres_port: int) -> dict[str, str]:
    """Every service's database, with its schema and no rows."""

    async def all_made():
        for name, url in urls(postgres_port).items():
            await made(name, url)

    asyncio.run(all_made())
    return urls(postgres_port)


@pytest.fixture
async def world(database_urls, told):
    """Some payments in all states, with all that follows from them."""
    async with AsyncExitStack() as stack:
        databases = {}
        for name, url in database_urls.items():
            databases[name] = db = await asyncpg.connect(url)
            stack.push_async_callback(db.close)
            transaction = db.transaction()
            await transaction.start()
            stack.push_async_callback(transaction.rollback)
        world = World(databases)
        await world.begin()
        yield world


@pytest.fixture
async def lived(world):
    """One payment each: captured and refunded in part, held, refused, voided, small."""
    batch_id, (first, second) = uuid4(), (uuid4(), uuid4())
    paid = await world.lives(
        requested(),
        accepted(authorisation_id=first),
        captured(8_000),
        refunded(3_000),
        settled(batch_id, 8_000),
        amount=20_000,
    )
    await world.holds(paid, "captured", taken=8_000)
    await world.step(paid, "bank_capture", "done")
    await world.settles(batch_id)
    held = await world.lives(
        requested(), accepted(authorisation_id=second), amount=30_000
    )
    await world.holds(held)
    refused = await world.lives(requested(), declined(), amount=50_000)
    gone = await world.lives(accepted(attempts=0), voided())
    small = await world.lives(accepted(attempts=0))
    await world.audits("payments")
    await world.audits("bank")
    return {
        "paid": paid,
        "held": held,
        "refused": refused,
        "gone": gone,
        "small": small,
    }
