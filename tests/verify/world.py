"""Five databases in which all is in order, to plant a fault in.

Nothing is committed: what a test plants is gone with its transaction.
"""

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from apps.kit import audit
from apps.kit.audit import Entry
from apps.kit.events import event_id
from apps.kit.values import Cents
from apps.payments.domain.cards import Card
from apps.payments.domain.changes import (
    AuthorisationRequested,
    Event,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentReceived,
    PaymentRefunded,
    PaymentSettled,
    PaymentVoided,
    ReversalConfirmed,
    ReversalRequested,
    VoidReason,
)
from apps.payments.domain.ledger import settlement, transfers
from apps.payments.domain.life import Life
from apps.payments.domain.payment import Payment
from apps.payments.domain.rules import Mode, Reason, Source
from apps.payments.store import ledger, movements
from apps.payments.store.history import event_row
from apps.payments.store.rows import row_of
from apps.verify.books import HEARERS_FIRST, Books
from apps.verify.streams import Hearer

AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
ALL = ("pay.v1.payment.>",)
DECIDED = ("pay.v1.payment.authorised", "pay.v1.payment.declined")

SUBJECTS = {
    PaymentAuthorised: "pay.v1.payment.authorised",
    PaymentDeclined: "pay.v1.payment.declined",
    PaymentCaptured: "pay.v1.payment.captured",
    PaymentRefunded: "pay.v1.payment.refunded",
    PaymentVoided: "pay.v1.payment.voided",
}


class Streams:
    """What the stream would say; the tests say it for it."""

    def __init__(self):
        self.listening = [
            Hearer("fraud-count_card", DECIDED, 0, None),
            Hearer("backoffice-project", ALL, 0, None),
            Hearer("notifications-notify", ALL, 0, None),
        ]
        self.died: set[tuple[str, str]] = set()

    async def hearers(self):
        return self.listening

    async def dead(self):
        return self.died


def authorised(
    attempts=1, authorisation_id=None, source=Source.BANK
) -> PaymentAuthorised:
    source = source if attempts else Source.FLOOR_LIMIT
    return PaymentAuthorised(source, "00", Mode.STANDARD, attempts, authorisation_id)


def declined() -> PaymentDeclined:
    reason = Reason.AUTHORIZATION_DENIED
    return PaymentDeclined(reason, Source.BANK, "05", Mode.STANDARD, 1)


def requested() -> AuthorisationRequested:
    return AuthorisationRequested(uuid4(), 1, 2_000)


def captured(amount) -> PaymentCaptured:
    return PaymentCaptured(uuid4(), Cents(amount), Cents(39))


def refunded(amount) -> PaymentRefunded:
    return PaymentRefunded(uuid4(), Cents(amount))


def settled(batch_id, amount) -> PaymentSettled:
    return PaymentSettled(batch_id, Cents(amount), Cents(39), Cents(amount - 39))


def voided() -> PaymentVoided:
    return PaymentVoided(uuid4(), VoidReason.MERCHANT)


def reversing() -> ReversalRequested:
    return ReversalRequested("voided")


def reversed_() -> ReversalConfirmed:
    return ReversalConfirmed(tombstone=False)


class World:
    """What every service kept of some payments."""

    def __init__(self, databases):
        self.databases = databases
        self.streams = Streams()
        self.histories = []
        self.at = AN_HOUR_AGO
        self.card = Card(uuid4(), "MASTERCARD", "0007")

    @property
    def payments(self):
        return self.databases["payments"]

    @property
    def bank(self):
        return self.databases["bank"]

    def books(self) -> Books:
        grace, orphaned = timedelta(seconds=10), timedelta(seconds=60)
        now = datetime.now(UTC)
        return Books(self.databases, self.streams, now, grace, orphaned, self.histories)

    async def begin(self):
        """A card that can pay, at the bank as well."""
        await self.payments.execute(
            "INSERT INTO card (card_token, pan_hmac, brand, last4)"
            " VALUES ($1, 'digest', 'MASTERCARD', '0007')",
            self.card.token,
        )
        await self.bank.execute(
            "INSERT INTO account (card_token, currency, balance)"
            " VALUES ($1, 'EUR', 1000000)",
            self.card.token,
        )

    async def lives(self, *events: Event, amount=10_000) -> Payment:
        """A payment to which this happened, with all that follows from it, everywhere."""
        life = Life(uuid4(), TRACE, None, "nobody")
        order = ("M-01", "POS-01", self.card.token, "MASTERCARD", "0007")
        for event in (PaymentReceived(*order, Cents(amount), "EUR"), *events):
            life.happens(event, self.at)
        await self._keep(life)
        await self._announce(life)
        payment = life.payment
        assert payment is not None
        return payment

    async def settles(self, batch_id: UUID):
        """All that M-01 is owed is paid out."""
        db, whose = self.payments, (batch_id, "M-01", "EUR")
        batch = await movements.unsettled(db, *whose, 100)
        await movements.settle(db, batch, self.at, TRACE)
        await ledger.book(db, settlement(batch), self.at, TRACE)
        await self._owes(settled=batch.net)

    async def step(self, payment: Payment, step: str, state: str):
        await self.payments.execute(
            "INSERT INTO saga (payment_id, step, state, next_at, progressed_at,"
            " last_error) VALUES ($1, $2, $3, $4, $4, 'invalid-state')",
            payment.payment_id,
            step,
            state,
            self.at,
        )

    async def holds(
        self, payment: Payment, state="held", taken=0, at=None, as_=None
    ) -> UUID:
        """The bank holds its amount."""
        known = payment.decision and payment.decision.authorisation_id
        authorisation_id, at = as_ or known or uuid4(), at or self.at
        await self.bank.execute(
            "INSERT INTO authorisation (authorisation_id, request_id, merchant_id,"
            " card_token, amount, currency, decision, network_code, created_at)"
            " VALUES ($1, $2, 'M-01', $3, $4, 'EUR', 'approved', '00', $5)",
            authorisation_id,
            payment.payment_id,
            self.card.token,
            payment.amount,
            at,
        )
        await self.bank.execute(
            "INSERT INTO hold (authorisation_id, state, amount, captured, expires_at)"
            " VALUES ($1, $2, $3, $4, $5)",
            authorisation_id,
            state,
            payment.amount,
            taken,
            at + timedelta(days=7),
        )
        if state == "held":
            await self.bank.execute(
                "UPDATE account SET held = held + $1", payment.amount
            )
        return authorisation_id

    async def audits(self, name, times=3):
        for _ in range(times):
            entry = Entry("M-01", "payment.pay", "payment-1", "accepted")
            await audit.put(self.databases[name], entry)

    async def plant(self, name: str, *statements: str):
        """Do what none of the database's own locks would let pass."""
        db = self.databases[name]
        await db.execute("SET CONSTRAINTS ALL IMMEDIATE")
        tables = await db.fetch(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        for row in tables:
            table = row["tablename"]
            await db.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            await db.execute(f"GRANT ALL ON {table} TO CURRENT_USER")
        for statement in statements:
            await db.execute(statement)

    async def _keep(self, life: Life):
        db, payment = self.payments, life.payment
        await _insert(db, "payment", row_of(payment))
        for happened in life.fresh:
            await _insert(db, "payment_event", event_row(happened.recorded))
            await ledger.book(db, transfers(happened), self.at, TRACE)
            await self._move(happened.event, payment)
        await db.execute(
            "INSERT INTO idempotency (merchant_id, route, key_hmac, fingerprint,"
            " payment_id, lease_until, first_at, status, body)"
            " VALUES ('M-01', 'POST /payments', $1, 'f', $2, now(), $3, 201, '{}')",
            payment.payment_id.bytes,
            payment.payment_id,
            self.at - timedelta(milliseconds=1),
        )

    async def _move(self, event, payment):
        place = (payment.payment_id, "M-01", event_amount(event), self.at)
        if isinstance(event, PaymentCaptured):
            await self.payments.execute(
                "INSERT INTO capture (capture_id, payment_id, merchant_id, amount, at,"
                " fee) VALUES ($1, $2, $3, $4, $5, $6)",
                event.capture_id,
                *place,
                event.fee,
            )
        if isinstance(event, PaymentRefunded):
            await self.payments.execute(
                "INSERT INTO refund (refund_id, payment_id, merchant_id, amount, at)"
                " VALUES ($1, $2, $3, $4, $5)",
                event.refund_id,
                *place,
            )

    async def _announce(self, life: Life):
        payment = life.payment
        for happened in life.fresh:
            subject = SUBJECTS.get(type(happened.event))
            if subject is None:
                continue
            id = event_id(payment.payment_id, happened.recorded.seq)
            await self.payments.execute(
                "INSERT INTO outbox (id, subject, payload, created_at, published_at)"
                " VALUES ($1, $2, '{}', $3, $3)",
                id,
                subject,
                self.at,
            )
            await self._heard(id, subject)
        if payment.decision:
            await self._count()
            await self._show(payment)
        if payment.captured:
            fee = sum(
                each.event.fee
                for each in life.fresh
                if isinstance(each.event, PaymentCaptured)
            )
            await self._owes(payment.captured, payment.refunded, fee)

    async def _owes(self, captured=0, refunded=0, fees=0, settled=0):
        await self.databases["backoffice"].execute(
            "INSERT INTO balance_view AS b (generation, merchant_id, currency, captured,"
            " refunded, fees, settled, pending) SELECT generation, 'M-01', 'EUR', $1, $2,"
            " $3, $4, 0 FROM projection_offset WHERE projection = 'balance_view'"
            " AND state = 'serving' ON CONFLICT (generation, merchant_id, currency)"
            " DO UPDATE SET captured = b.captured + $1, refunded = b.refunded + $2,"
            " fees = b.fees + $3, settled = b.settled + $4",
            captured,
            refunded,
            fees,
            settled,
        )

    async def _heard(self, id, subject):
        for hearer in self.streams.listening:
            if hearer.hears(subject):
                await self.databases[hearer.service].execute(
                    "INSERT INTO inbox (consumer, event_id) VALUES ($1, $2)",
                    hearer.name,
                    id,
                )

    async def _count(self):
        await self.databases["fraud"].execute(
            "INSERT INTO card_risk (card_token, count) VALUES ($1, 1) ON CONFLICT"
            " (card_token) DO UPDATE SET count = card_risk.count + 1",
            self.card.token,
        )

    async def _show(self, payment):
        await self.databases["backoffice"].execute(
            "INSERT INTO payment_view (generation, payment_id, merchant_id, pos_id,"
            " card_token, brand, last4, amount, currency, created_at, trace_id, status,"
            " version, captured, fee, refunded, settled)"
            " SELECT generation, $1, 'M-01', 'POS-01', $2, 'MASTERCARD', '0007', $3,"
            " 'EUR', $4, $5, $6, $7, $8, 0, $9, 0 FROM projection_offset"
            " WHERE projection = 'payment_view' AND state = 'serving'",
            payment.payment_id,
            self.card.token,
            payment.amount,
            self.at,
            TRACE,
            payment.status,
            payment.version,
            payment.captured,
            payment.refunded,
        )


def event_amount(event: Event) -> int:
    return getattr(event, "amount", 0)


def urls(port: int) -> dict[str, str]:
    return {
        name: f"postgresql://{name}:{name}@127.0.0.1:{port}/{name}"
        for name in HEARERS_FIRST
    }


async def _insert(db, table, row):
    kept = f"SELECT * FROM jsonb_populate_record(NULL::{table}, $1)"  # noqa: S608
    await db.execute(f"INSERT INTO {table} {kept}", json.dumps(row, default=str))
