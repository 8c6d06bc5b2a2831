"""A hundred thousand payments later, no statement reads a table from end to end."""

from uuid import uuid4

import pytest

from apps.kit import inbox, outbox
from apps.kit.forgetting import forget
from apps.payments.store import claims, sagas
from apps.payments.usecases.move import capture, refund, void
from apps.payments.usecases.pay import pay
from apps.payments.usecases.recover import expire, inquire, recover
from apps.payments.usecases.settle import settle
from apps.payments.usecases.watch import balance, watch
from tests.fakes import order
from tests.growing import ROWS, grown, reading_no_table_through
from tests.payments.paying import automatic, finished, fresh_key, manual, paid

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(240)]

TABLES = ("payment_event", "ledger_transaction", "ledger_entry", "outbox")

GROWN = f"""
{"".join(f"ALTER TABLE {table} DISABLE TRIGGER USER;" for table in TABLES)}
ALTER TABLE audit_event DISABLE TRIGGER USER;
CREATE TEMP TABLE many AS
    SELECT n, gen_random_uuid() AS id, now() - n * interval '1 min' AS at
    FROM generate_series(1, {ROWS}) n;
INSERT INTO card (card_token, pan_hmac, brand, last4)
    SELECT id, uuid_send(id), 'VISA', '0007' FROM many;
INSERT INTO payment (payment_id, merchant_id, pos_id, card_token, amount, currency,
    created_at, trace_id, status, captured, is_settled, version, merchant_reference)
    SELECT id, 'M-01', 'POS-01', id, 100, 'EUR', at, '', 'settled', 100, true, 3, n
    FROM many;
INSERT INTO payment_event SELECT id, 1, 'PaymentReceived', '{{}}', at, '' FROM many;
INSERT INTO capture (capture_id, payment_id, merchant_id, amount, fee, at, batch_id)
    SELECT id, id, 'M-01', 100, 1, at, id FROM many;
INSERT INTO refund SELECT id, id, 'M-01', 1, at, id FROM many;
INSERT INTO saga (payment_id, step, state, next_at, progressed_at)
    SELECT id, 'capture', 'done', at, now() FROM many;
INSERT INTO saga_step (payment_id, step, attempt, outcome, at, trace_id)
    SELECT id, 'capture', 1, 'done', at, '' FROM many;
INSERT INTO idempotency (merchant_id, route, key_hmac, fingerprint, payment_id,
    lease_until, first_at, status, body)
    SELECT 'M-01', 'POST /payments', uuid_send(id), '', id, at, now(), 201, '' FROM many;
INSERT INTO outbox (id, subject, payload, created_at, published_at)
    SELECT id, 'pay.v1.test', '', at, now() FROM many;
INSERT INTO inbox (consumer, event_id) SELECT 'payments', id FROM many;
INSERT INTO ledger_transaction (seq, transfer_id, subject_id, step, kind, currency,
    entries, at, trace_id, prev_hash, hash)
    SELECT -n, id, id, '', 'posted', 'EUR', '[0]', at, '', '', '' FROM many;
INSERT INTO ledger_entry SELECT id, 1, 'settlement_cash', 1, 'EUR' FROM many;
INSERT INTO audit_event SELECT -n, at, '', '', id, '', '', '', '{{}}', '', '' FROM many;
{"".join(f"ALTER TABLE {table} ENABLE TRIGGER USER;" for table in TABLES)}
ALTER TABLE audit_event ENABLE TRIGGER USER;
"""  # noqa: S608  (names of ours)


@pytest.fixture
def ports(real):
    return real


async def test_the_life_of_a_payment_reads_rows_and_no_tables(
    database, database_url, ports, bank, clock, told
):
    await grown(database_url, GROWN)

    async with reading_no_table_through(database, database_url):
        key = fresh_key()
        await pay(order(), key, ports)
        await pay(order(), key, ports)
        await paid(automatic(15_000), ports)
        await finished(ports)
        bank.silent = True
        await paid(automatic(15_000), ports)
        bank.silent = False
        payments = [await paid(manual(15_000), ports) for _ in range(2)]
        await capture(payments[0].payment_id, None, fresh_key(), ports)
        await void(payments[1].payment_id, fresh_key(), ports)
        await finished(ports)
        await settle(ports)
        await refund(payments[0].payment_id, None, fresh_key(), ports)
        await settle(ports)
        for job in (recover, inquire, expire, watch, balance):
            await job(ports)
        await relayed_heard_and_forgotten(database)


async def relayed_heard_and_forgotten(database):
    """What the kit asks of its own tables."""
    async with database.transaction() as db:
        waiting = await db.fetch(outbox.WAITING, outbox.BATCH)
        await db.execute(outbox.MARK, [row["seq"] for row in waiting])
        await db.fetch(outbox.DEPTHS)
        await db.fetch(inbox.INSERT, "payments", [uuid4()])
    await forget(database, outbox.PURGE, outbox.KEPT_FOR)
    await forget(database, inbox.PURGE, inbox.KEPT_FOR)
    await forget(database, claims.PURGE, claims.KEPT_FOR)
    await forget(database, sagas.PURGE, sagas.KEPT_FOR)
