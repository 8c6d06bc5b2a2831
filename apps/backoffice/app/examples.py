"""Examples of the back office's answers, for its OpenAPI document."""

from typing import Any

from pydantic import ConfigDict

_FRESH = {"as_of": "2026-03-01T12:00:05.120000Z", "lag_ms": 0}

PAYMENT: dict[str, Any] = {
    "payment_id": "01a201d6-6976-708b-97f4-5a6f7898be24",
    "merchant_id": "M-01",
    "pos_id": "POS-01",
    "card_token": "01a201d6-6977-7f2d-b858-7060ebfc14a8",
    "card_status": "GREEN",
    "brand": "MASTERCARD",
    "last4": "0007",
    "amount": 25_000,
    "currency": "EUR",
    "captured": 25_000,
    "fee": 375,
    "refunded": 0,
    "settled": 0,
    "status": "captured",
    "version": 4,
    "response_code": "ACCEPTED",
    "network_code": "00",
    "processing_mode": "STANDARD",
    "source": "bank",
    "attempts": 1,
    "void_reason": None,
    "standin": None,
    "created_at": "2026-03-01T12:00:05Z",
    "received_at": "2026-03-01T12:00:05Z",
    "authorised_at": "2026-03-01T12:00:05.100000Z",
    "declined_at": None,
    "captured_at": "2026-03-01T12:00:05.120000Z",
    "voided_at": None,
    "refunded_at": None,
    "settled_at": None,
    "reconciled_at": None,
    "trace_id": "dbc82e3fcd19c361d6630190a2eca13c",
    **_FRESH,
}
_NONE = {"count": 0, "amount": 0}
_OUTCOMES = {
    "currency": "EUR",
    "authorised": {"count": 19, "amount": 310_000},
    "declined": {"count": 1, "amount": 45_000},
    "captured": {"count": 18, "amount": 300_000},
    "voided": {"count": 1, "amount": 10_000},
    "refunded": _NONE,
    "settled": {"count": 17, "amount": 280_640},
    "fees": 4_650,
    "fallbacks": 2,
    "approval_rate": 0.95,
}
DASHBOARD: dict[str, Any] = {
    "merchant_id": "M-01",
    "days": [{"day": "2026-03-01", "outcomes": _OUTCOMES}],
    "totals": [_OUTCOMES],
    "reasons": [
        {"outcome": "authorised", "reason": "ACCEPTED", "count": 19},
        {"outcome": "declined", "reason": "AUTHORIZATION_DENIED", "count": 1},
        {"outcome": "voided", "reason": "merchant", "count": 1},
    ],
    "standins": [
        {"outcome": "confirmed", "count": 2, "amount": 30_000, "currency": "EUR"}
    ],
    **_FRESH,
}
BALANCE: dict[str, Any] = {
    "merchant_id": "M-01",
    "balances": [
        {
            "currency": "EUR",
            "payable": 14_710,
            "captured": 300_000,
            "refunded": 0,
            "fees": 4_650,
            "settled": 280_640,
            "pending": 0,
        }
    ],
    **_FRESH,
}
PROJECTION: dict[str, Any] = {
    "name": "merchant_day",
    "state": "rebuilding",
    "generation": 2,
    "position": 1_204,
    "events": 1_180,
    "rebuild": {
        "generation": 5,
        "position": 602,
        "target": 1_204,
        "progress": 0.5,
        "events": 590,
        "asked_at": "2026-03-01T12:00:05Z",
    },
    **_FRESH,
}

_LABELS = {
    "alertname": "DeadLetters",
    "service_name": "fraud",
    "severity": "ticket",
}
_SAID = {
    "summary": "Events wait that no hearer could take.",
    "description": "2 wait for fraud-count_card.",
}
ALERTS: dict[str, Any] = {
    "version": "4",
    "status": "firing",
    "receiver": "tickets",
    "groupKey": '{}/{severity="ticket"}:{alertname="DeadLetters"}',
    "alerts": [
        {
            "status": "firing",
            "labels": _LABELS,
            "annotations": {**_SAID, "runbook_url": "docs/runbooks/DeadLetters.md"},
            "startsAt": "2026-03-01T12:00:05.120Z",
            "endsAt": "0001-01-01T00:00:00Z",
            "fingerprint": "9c4e1f0a7b2d3c58",
        }
    ],
}
ALERT: dict[str, Any] = {
    "alert_id": "9c4e1f0a7b2d3c58",
    "status": "firing",
    "name": "DeadLetters",
    "severity": "ticket",
    "subject": "fraud",
    **_SAID,
    "runbook": "docs/runbooks/DeadLetters.md",
    "starts_at": "2026-03-01T12:00:05.120000Z",
    "ends_at": None,
    "labels": _LABELS,
}


def shown_as(example: dict[str, Any]) -> ConfigDict:
    """Let the document show a body by this example."""
    return ConfigDict(json_schema_extra={"examples": [example]})
