"""All services that keep something, on real servers; what they keep, and its audit."""

import asyncio
import json
import time
from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import nats
from nats.js import JetStreamContext

from apps.verify.books import HEARERS_FIRST, opened
from apps.verify.checks import INVARIANTS, TRAILS
from apps.verify.looking import look
from apps.verify.settings import Settings
from native import builds
from tests.conftest import free_port
from tests.verify.world import urls

from .processes import Process, service

FINAL_WITHIN_S = 120.0

SETTINGS = {
    "payments": {
        "PAYMENTS_BANK_TIMEOUT_S": "1.0",
        "PAYMENTS_CAPTURE_AFTER_S": "0.3",
        "PAYMENTS_RECONCILE_AFTER_S": "2",
        "PAYMENTS_SETTLE_EVERY_S": "1",
        "PAYMENTS_ABANDONED_AFTER_S": "45",
        "PAYMENTS_STANDINS_PER_CARD": "100",
    },
    "bank": {},
    "fraud": {"FRAUD_ORANGE_AT": "2", "FRAUD_RED_AT": "4"},
    "backoffice": {},
    "notifications": {"NOTIFICATIONS_WEBHOOK_DELAYS_S": "0.2,0.4,1,2,4"},
}
"""Everything soon, so that a test is soon over; but no order is given up meanwhile."""

OPEN = {
    "payments": {
        "undecided": "SELECT count(*) FROM payment WHERE status IN ('received', 'pending')",
        "steps due": "SELECT count(*) FROM saga WHERE state = 'due'",
        "unpublished": "SELECT count(*) FROM outbox WHERE published_at IS NULL",
        "captures unsettled": "SELECT count(*) FROM capture WHERE batch_id IS NULL",
        "refunds unsettled": "SELECT count(*) FROM refund WHERE batch_id IS NULL",
    },
    "bank": {"unpublished": "SELECT count(*) FROM outbox WHERE published_at IS NULL"},
    "fraud": {"unpublished": "SELECT count(*) FROM outbox WHERE published_at IS NULL"},
    "notifications": {
        "unpublished": "SELECT count(*) FROM outbox WHERE published_at IS NULL",
        "untold": "SELECT count(*) FROM notification WHERE state IN ('pending', 'failed')",
    },
}
"""What must come to nought before all is final."""

LAPSE = """
UPDATE idempotency SET lease_until = now() WHERE body IS NULL;
UPDATE saga SET next_at = least(next_at, now()) WHERE state = 'due'
"""


@dataclass
class World:
    """Five services, their tokens' issuer, a broker, and where they are."""

    services: Mapping[str, Process]
    issuer: Process
    nats: Process
    nats_url: str
    database_urls: Mapping[str, str]
    history: Path
    """What clients were answered."""

    @classmethod
    def at(cls, postgres_port: int, place: Path) -> "World":
        databases = urls(postgres_port)
        ports = {name: free_port() for name in SETTINGS}
        broker, broker_port = _broker(place)
        url = f"nats://127.0.0.1:{broker_port}"
        hook = f"http://127.0.0.1:{ports['notifications']}/demo/webhooks"
        issuer = _issuer(place, url)
        shared = {
            **{
                f"{name.upper()}_JWKS_URL": f"{issuer.url}/.well-known/jwks.json"
                for name in SETTINGS
            },
            "PAYMENTS_TOKEN_URL": f"{issuer.url}/oauth/token",
            "PAYMENTS_BANK_URL": f"http://127.0.0.1:{ports['bank']}",
            "PAYMENTS_FRAUD_URL": f"http://127.0.0.1:{ports['fraud']}",
            "PAYMENTS_CARD_KEY_FILE": str(place / "card-key"),
            "NOTIFICATIONS_WEBHOOK_KEY_FILE": str(place / "webhook-key"),
            "NOTIFICATIONS_WEBHOOK_URL": hook,
            "HEARING_DELAYS_S": "0.2,0.4,1,2,4",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(place / "bytecode"),
        }
        services = {
            name: service(
                name,
                ports[name],
                place / f"{name}.log",
                {
                    f"{name.upper()}_DATABASE_URL": databases[name],
                    f"{name.upper()}_NATS_URL": url,
                    **shared,
                    **own,
                },
            )
            for name, own in SETTINGS.items()
        }
        return cls(services, issuer, broker, url, databases, place / "history.jsonl")

    def __getitem__(self, name: str) -> Process:
        return self.services[name]

    @property
    def processes(self) -> list[Process]:
        return [self.nats, self.issuer, *self.services.values()]

    async def start(self):
        """Everything is there, and nothing in it."""
        for url in self.database_urls.values():
            db = await asyncpg.connect(url)
            await db.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
            await db.close()
        self.history.write_text("")
        await self.nats.start()
        await self.issuer.start()
        for each in self.services.values():
            each.begin()
        for each in self.services.values():
            await each.is_up()

    @asynccontextmanager
    async def opened(self):
        """The books of all services, and the streams, to look into."""
        async with AsyncExitStack() as stack:
            databases = {}
            for name, url in self.database_urls.items():
                databases[name] = db = await asyncpg.connect(url)
                stack.push_async_callback(db.close)
            connection = await nats.connect(self.nats_url, error_cb=_quiet)
            stack.push_async_callback(connection.close)
            yield Books(databases, connection.jetstream(), self)


@dataclass
class Books:
    """What the services keep, as it is at this moment."""

    databases: Mapping[str, asyncpg.Connection]
    stream: JetStreamContext
    world: World

    @property
    def payments(self) -> asyncpg.Connection:
        return self.databases["payments"]

    @property
    def bank(self) -> asyncpg.Connection:
        return self.databases["bank"]

    async def payment(self, reference: str) -> asyncpg.Record | None:
        """The payment of an order, however far it is."""
        rows = await self.payments.fetch(
            "SELECT * FROM payment WHERE merchant_reference = $1", reference
        )
        assert len(rows) <= 1
        return rows[0] if rows else None

    async def authorised(self, payment_id: UUID) -> asyncpg.Record | None:
        """What the bank knows of it."""
        return await self.bank.fetchrow(
            "SELECT * FROM standing WHERE request_id = $1", payment_id
        )

    async def lapse(self):
        """The leases of a process that died run out: nobody waits for them here."""
        await self.payments.execute(LAPSE)

    async def final(self, besides: Collection[str] = ()):
        """Returns when nothing is left to do, seen twice with nothing new between."""
        end = time.monotonic() + FINAL_WITHIN_S
        before = None
        while True:
            open_, seen = await self._open(besides), await self._seen()
            if not open_ and seen == before:
                return
            assert time.monotonic() < end, f"not final: {open_}"
            before = None if open_ else seen
            await asyncio.sleep(0.2)

    async def audit(self):
        """Every invariant holds, and was looked at; nothing is excused as too young."""
        settings = Settings(
            **{f"{name}_database_url": url for name, url in self.urls.items()},
            payments_nats_url=self.world.nats_url,
            verify_grace_s=0,
            verify_orphan_s=0,
        )
        async with opened(settings, histories=[self.world.history]) as books:
            verdicts = [each async for each in look(books, (*INVARIANTS, *TRAILS))]
        broken = {
            each.invariant.id: each.violations or each.skipped or each.away
            for each in verdicts
            if not each.holds
        }
        assert not broken
        assert {each.invariant.id for each in verdicts} >= {
            f"I{n}" for n in range(1, 10)
        }

    @property
    def urls(self) -> Mapping[str, str]:
        assert set(self.world.database_urls) == set(HEARERS_FIRST)
        return self.world.database_urls

    async def _open(self, besides: Collection[str]) -> dict[str, int]:
        """What is left to do, and how much of it."""
        counts = {
            f"{name}: {what}": await self.databases[name].fetchval(query)
            for name, queries in OPEN.items()
            for what, query in queries.items()
        }
        for each in await self.stream.consumers_info("PAY"):
            counts[each.name] = (each.num_pending or 0) + (each.num_ack_pending or 0)
        counts["jobs"] = (await self.stream.stream_info("JOBS")).state.messages
        counts["dead"] = (await self.stream.stream_info("DLQ")).state.messages
        return {
            what: count
            for what, count in counts.items()
            if count and not what.startswith(tuple(besides))
        }

    async def _seen(self) -> int:
        return (await self.stream.stream_info("PAY")).state.last_seq

    def note(self, key: str, status: int, body: bytes):
        """Write down what a client was answered, for the auditor."""
        said = json.loads(body)
        line = {
            "key": key,
            "status": status,
            "payment_id": said.get("payment_id"),
            "outcome": said.get("response_code") or said.get("status"),
            "answer_hash": body.hex(),
        }
        with self.world.history.open("a") as history:
            history.write(json.dumps(line) + "\n")


def _broker(place: Path) -> tuple[Process, int]:
    """A NATS server whose store outlives it."""
    port, monitor = free_port(), free_port()
    command = [str(builds.program("nats-server")), "-js", "-sd", str(place / "nats")]
    command += ["-a", "127.0.0.1", "-p", str(port), "-m", str(monitor)]
    return Process("nats", command, place / "nats.log", monitor, {}, "/healthz"), port


def _issuer(place: Path, nats_url: str) -> Process:
    """The gateway, which nobody goes through here: it gives out tokens and keys."""
    own = {
        "GATEWAY_SIGNING_KEY_FILE": str(place / "signing-key"),
        "GATEWAY_NATS_URL": nats_url,
    }
    return service("gateway", free_port(), place / "gateway.log", own)


async def _quiet(_fault: Exception):
    """A broker that is killed is what the test wants."""
