"""Payments as their events tell them, for tests of what is made from events.

What is told here is what payments tells: tests/contracts/test_histories.py.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4, uuid5

from apps.backoffice.domain.changes import Change, Flag, Heard, Kind, Payout
from apps.backoffice.events import HEARS, MERCHANT_SETTLED
from apps.kit.events import event_id
from apps.kit.sending import Outgoing
from apps.kit.values import Cents

SPACE = UUID(int=4)
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BEGUN = NOW - timedelta(minutes=10)

AUTHORISED = {
    "response_code": "ACCEPTED",
    "network_code": "00",
    "processing_mode": "STANDARD",
    "source": "bank",
    "attempts": 1,
}
DELEGATED = AUTHORISED | {"processing_mode": "FALLBACK", "source": "delegation"}
REFUSED = AUTHORISED | {"response_code": "AUTHORIZATION_DENIED", "network_code": "05"}
IN_PART = {"status": "partially_refunded"}

LIVES = {
    "declined": [("declined", REFUSED)],
    "held": [("received", {}), ("authorised", AUTHORISED)],
    "settled": [
        ("authorised", AUTHORISED),
        ("captured", {"captured": 20_000, "fee": 305}),
        ("settled", {"net": 19_695}),
    ],
    "refunded twice": [
        ("authorised", AUTHORISED),
        ("captured", {"captured": 25_000, "fee": 375}),
        ("refunded", {"refunded": 5_000, "refunded_total": 5_000} | IN_PART),
        ("refunded", {"refunded": 2_000, "refunded_total": 7_000} | IN_PART),
        ("settled", {"net": 24_625} | IN_PART),
    ],
    "refunded once settled": [
        ("authorised", AUTHORISED),
        ("captured", {"captured": 25_000, "fee": 375}),
        ("settled", {"net": 24_625}),
        ("refunded", {"refunded": 25_000, "refunded_total": 25_000}),
    ],
    "rejected by the bank": [
        ("authorised", DELEGATED),
        ("standin_reconciled", {"outcome": "rejected"}),
        ("voided", {"reason": "standin_rejected"}),
    ],
    "confirmed by the bank": [
        ("authorised", DELEGATED),
        ("captured", {"captured": 25_000, "fee": 375}),
        ("standin_reconciled", {"outcome": "confirmed"}),
    ],
}

PAYOUTS = {"settled": 19_695, "refunded twice": 17_625, "refunded once settled": 24_625}
"""What the batches paid in which these were settled, each alone."""


def life(number: int, name: str, merchant_id: str = "M-01") -> list[Change]:
    """All that happens to one payment, in order."""
    payment_id = uuid5(SPACE, str(number))
    changes, status = [], "received"
    for version, (kind, told) in enumerate(LIVES[name], start=1):
        facts = dict(told)
        same = status if kind == "standin_reconciled" else kind
        status = facts.pop("status", same)
        changes.append(
            Change(
                event_id=event_id(payment_id, version),
                kind=Kind(kind),
                version=version,
                at=BEGUN + timedelta(minutes=number, seconds=version),
                payment_id=payment_id,
                merchant_id=merchant_id,
                pos_id="POS-01",
                card_token=uuid5(SPACE, f"card {number % 3}"),
                brand="MASTERCARD",
                last4="0007",
                amount=Cents(25_000),
                currency="EUR",
                status=status,
                created_at=BEGUN + timedelta(minutes=number),
                trace_id=f"{number:032x}",
                **facts,
            )
        )
    return changes


def payouts(number: int, name: str, merchant_id: str = "M-01") -> list[Payout]:
    """The batch in which the payment was settled, if it was."""
    net, batch_id = PAYOUTS.get(name), uuid5(SPACE, f"batch {number}")
    at = BEGUN + timedelta(minutes=number, seconds=30)
    made = event_id(batch_id, 1)
    return [Payout(made, at, merchant_id, "EUR", Cents(net))] if net else []


def flags(number: int, *statuses: str) -> list[Flag]:
    """What fraud says of one card, in order."""
    token = uuid5(SPACE, f"card {number}")
    return [
        Flag(token, status, "GREEN", 20 * version, version, BEGUN)
        for version, status in enumerate(statuses, start=1)
    ]


def heard(said: list[Change | Flag | Payout]) -> list[Heard]:
    """As the stream hands it over, one after another."""
    return [
        Heard(_id(each), place, each.at, each) for place, each in enumerate(said, 1)
    ]


def again(each: Heard, stream_seq: int) -> Heard:
    """The same event, at another place in the stream."""
    return replace(each, stream_seq=stream_seq)


def message(said: Change | Payout) -> Outgoing:
    """An event as payments sends it, with a field that nobody here reads."""
    is_change = isinstance(said, Change)
    subject = f"pay.v1.payment.{said.kind}" if is_change else MERCHANT_SETTLED
    fields = HEARS[subject].model_fields
    event = {
        "specversion": "1.0",
        "id": str(said.event_id),
        "source": "/payments",
        "type": subject,
        "subject": str(said.payment_id if is_change else said.event_id),
        "time": said.at.isoformat(),
        "sequence": said.version if is_change else 1,
        "data": {name: getattr(said, name) for name in fields} | {"ledger_tx": "x"},
    }
    payload = json.dumps(event, default=str).encode()
    return Outgoing(uuid4(), subject, payload, None)


def _id(said: Change | Flag | Payout) -> UUID:
    if isinstance(said, Flag):
        return event_id(said.card_token, said.version)
    return said.event_id
