"""Events of made-up payments, as the stream would have them."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from apps.kit.events import event_id
from apps.kit.values import uuid7

MERCHANTS, CARDS = 20, 2_000
BEGUN = datetime(2026, 3, 1, tzinfo=UTC)


def histories(chance: random.Random) -> Iterator[tuple[str, bytes]]:
    """Payments as they go: most are captured and settled, some refused or refunded."""
    cards = [uuid4() for _ in range(CARDS)]
    while True:
        yield from _life(chance, chance.choice(cards))


def _life(chance: random.Random, card: UUID) -> Iterator[tuple[str, bytes]]:
    amount = chance.randrange(1_000, 45_000)
    fee = -(-amount * 140 // 10_000) + 25
    fallback = chance.random() < 0.02
    decided = {
        "network_code": "00",
        "processing_mode": "FALLBACK" if fallback else "STANDARD",
        "source": "delegation" if fallback else "bank",
        "attempts": 1,
    }
    accepted, refused = {"response_code": "ACCEPTED"}, {"response_code": "EXPIRED_CARD"}
    payment = {
        "payment_id": uuid7(),
        "merchant_id": f"M-{chance.randrange(MERCHANTS):02}",
        "pos_id": "POS-01",
        "card_token": card,
        "brand": "MASTERCARD",
        "last4": "0007",
        "amount": amount,
        "currency": "EUR",
        "created_at": BEGUN + timedelta(seconds=chance.randrange(7 * 86_400)),
        "trace_id": f"{chance.getrandbits(128):032x}",
    }
    if chance.random() < 0.1:
        yield _event(payment, "declined", 1, decided | refused)
        return
    yield _event(payment, "authorised", 1, decided | accepted)
    if chance.random() < 0.05:
        yield _event(payment, "voided", 2, {"void_id": uuid4(), "reason": "merchant"})
        return
    captured = {"capture_id": uuid4(), "captured": amount, "fee": fee}
    yield _event(payment, "captured", 2, captured)
    net, last = amount - fee, 3
    if chance.random() < 0.1:
        net, last = net - 500, 4
        refunded = {"refund_id": uuid4(), "refunded": 500, "refunded_total": 500}
        yield _event(payment, "refunded", 3, refunded)
    settled = {"batch_id": uuid4(), "gross": amount, "fee": fee, "net": net}
    yield _event(payment, "settled", last, settled)


def _event(
    payment: dict[str, Any], kind: str, version: int, facts: dict[str, Any]
) -> tuple[str, bytes]:
    subject = f"pay.v1.payment.{kind}"
    envelope = {
        "specversion": "1.0",
        "id": event_id(payment["payment_id"], version),
        "source": "/payments",
        "type": subject,
        "subject": payment["payment_id"],
        "time": (payment["created_at"] + timedelta(seconds=version)).isoformat(),
        "datacontenttype": "application/json",
        "traceparent": f"00-{payment['trace_id']}-{'1' * 16}-01",
        "sequence": version,
        "partitionkey": payment["payment_id"],
        "data": payment | {"status": kind} | facts,
    }
    return subject, json.dumps(envelope, default=str).encode()
