"""What a copy of a payment is: its rows in every table, under ids of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, field

STEP_S = 8
"""So much earlier is each copy than the one before: a million are a day."""

FUNCTIONS = """
CREATE OR REPLACE FUNCTION bench_id(id uuid, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$ SELECT md5(id::text || n)::uuid $$;

CREATE OR REPLACE FUNCTION bench_timed(id uuid, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))
            ::bit(64)::bigint) - n * 8000), 12, '0')
        || '7' || substr(made, 1, 3) || '8' || substr(made, 5, 15))::uuid
    FROM md5(id::text || n) AS made
$$;
"""
"""A copy's id; that of a payment begins with its time, as the original's does."""

OF_THEM = "payment_id IN (SELECT payment_id FROM bench_template)"
OF_TRANSFERS = "transfer_id IN (SELECT transfer_id FROM bench_transfer)"


@dataclass(frozen=True, slots=True)
class Copied:
    """A table whose rows belong to payments: which rows, and what is new in a copy."""

    table: str
    rows: str = OF_THEM
    new: Mapping[str, str] = field(default_factory=dict)
    """By column, an expression over the row `t` and the number `nth` of the copy."""


PAYMENT = {"payment_id": "bench_timed(t.payment_id, nth)"}
TRANSFER = {"transfer_id": "bench_id(t.transfer_id, nth)"}
SEALED = {"hash": "sha256(t.hash || nth::text::bytea)"}

TABLES = (
    Copied(
        "card",
        "card_token IN (SELECT card_token FROM bench_template)",
        {
            "card_token": "bench_id(t.card_token, nth)",
            "pan_hmac": "sha256(t.pan_hmac || nth::text::bytea)",
        },
    ),
    Copied(
        "payment",
        new=PAYMENT
        | {
            "card_token": "bench_id(t.card_token, nth)",
            "authorisation_id": "bench_id(t.authorisation_id, nth)",
            "merchant_reference": "NULL",
        },
    ),
    Copied("payment_event", new=PAYMENT),
    Copied(
        "idempotency",
        new=PAYMENT | {"key_hmac": "sha256(t.key_hmac || nth::text::bytea)"},
    ),
    Copied("capture", new=PAYMENT | {"capture_id": "bench_id(t.capture_id, nth)"}),
    Copied("refund", new=PAYMENT | {"refund_id": "bench_id(t.refund_id, nth)"}),
    Copied("saga", new=PAYMENT),
    Copied("saga_step", new=PAYMENT),
    Copied(
        "outbox",
        "id IN (SELECT id FROM bench_message)",
        {"id": "bench_id(t.id, nth)"},
    ),
    Copied(
        "ledger_transaction",
        OF_TRANSFERS,
        TRANSFER
        | SEALED
        | {
            "seq": "(SELECT seq FROM ledger_head) + row_number() OVER ()",
            "pending_id": "bench_id(t.pending_id, nth)",
            "subject_id": "bench_timed(t.subject_id, nth)",
        },
    ),
    Copied("ledger_entry", OF_TRANSFERS, TRANSFER),
    Copied(
        "audit_event",
        "subject IN (SELECT payment_id::text FROM bench_template)",
        SEALED
        | {
            "seq": "(SELECT seq FROM audit_head) + row_number() OVER ()",
            "subject": "bench_timed(t.subject::uuid, nth)::text",
        },
    ),
)
HEADS = {"ledger_head": "ledger_transaction", "audit_head": "audit_event"}
TIMES = frozenset({"timestamp with time zone"})


def statement(copied: Copied, columns: Mapping[str, str]) -> str:
    """Copies number $1 to $2 of all templates' rows in one table."""
    told = [
        copied.new.get(name, _earlier(name, kind)) for name, kind in columns.items()
    ]
    return (
        f"INSERT INTO {copied.table} ({', '.join(columns)}) "  # noqa: S608  (names of ours)
        f"SELECT {', '.join(told)} FROM "
        f"(SELECT * FROM {copied.table} WHERE {copied.rows}) AS t, "
        "generate_series($1::bigint, $2::bigint) AS nth"
    )


def _earlier(name: str, kind: str) -> str:
    return f"t.{name} - nth * interval '{STEP_S} s'" if kind in TIMES else f"t.{name}"
