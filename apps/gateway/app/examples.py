"""Examples of composed answers, for the gateway's OpenAPI document."""

from typing import Any

from pydantic import ConfigDict

_PAYMENT_ID = "01a201d6-6976-708b-97f4-5a6f7898be24"
_CARD = "01a201d6-6977-7f2d-b858-7060ebfc14a8"
_TRACE = "dbc82e3fcd19c361d6630190a2eca13c"
_AT = "2026-03-01T12:00:05.120000Z"
_FRESH = {"as_of": _AT, "lag_ms": 0}

PAYMENT: dict[str, Any] = {
    "payment_id": _PAYMENT_ID,
    "status": "captured",
    "response_code": "ACCEPTED",
    "network_code": "00",
    "processing_mode": "STANDARD",
    "authorisation": {"source": "bank", "id": _CARD, "attempts": 1},
    "card": {"token": _CARD, "brand": "MASTERCARD", "last4": "0007"},
    "merchant_id": "M-01",
    "pos_id": "POS-01",
    "amount": 25_000,
    "currency": "EUR",
    "captured": 25_000,
    "refunded": 0,
    "fraud": {"status": "GREEN", "checked": True},
    "merchant_reference": "order-4711",
    "created_at": _AT,
    "trace_id": _TRACE,
    "_links": {"self": {"href": f"/api/v1/payments/{_PAYMENT_ID}"}},
}
VIEW: dict[str, Any] = {
    "payment": PAYMENT,
    "bank": {
        "authorisation_id": _CARD,
        "approved": True,
        "network_code": "00",
        "hold_state": "captured",
    },
    "fraud": {"status": "GREEN", "count": None, "refused": None},
    "notifications": None,
    "events": None,
    "degraded": ["notifications"],
    "why": {"notifications": "timeout"},
}
_OUTCOMES = {
    "currency": "EUR",
    "authorised": {"count": 19, "amount": 310_000},
    "approval_rate": 0.95,
}
_FIGURES: dict[str, Any] = {
    "days": [{"day": "2026-03-01", "outcomes": _OUTCOMES}],
    "totals": [_OUTCOMES],
    "reasons": [{"outcome": "authorised", "reason": "ACCEPTED", "count": 19}],
    "standins": [],
    **_FRESH,
}
_BALANCES: list[dict[str, Any]] = [
    {
        "currency": "EUR",
        "payable": 14_710,
        "captured": 300_000,
        "refunded": 0,
        "fees": 4_650,
        "settled": 280_640,
        "pending": 0,
    }
]
_MONEY: dict[str, Any] = {"balances": _BALANCES, **_FRESH}
BALANCE: dict[str, Any] = {"merchant_id": "M-01", **_MONEY}
DASHBOARD: dict[str, Any] = {
    "merchant_id": "M-01",
    "figures": _FIGURES,
    "money": _MONEY,
    "latest": [PAYMENT],
    **_FRESH,
    "degraded": [],
    "why": {},
}
_REPLICA = {"service": "payments", "replica": "payments-1"}
REPLICA: dict[str, Any] = {
    **_REPLICA,
    "url": "http://127.0.0.1:8001",
    "state": "in",
    "in_flight": 2,
    "failures": 0,
}
BREAKERS: dict[str, Any] = {
    "breakers": [
        {
            "name": "bank",
            "state": "forced_open",
            "calls": 20,
            "bad": 0.05,
            "retry_after_s": 58.2,
            "held": {"until": _AT, "by": "ops", "reason": "bank maintenance"},
            **_REPLICA,
        }
    ],
    "degraded": ["payments-2"],
    "why": {"payments-2": "timeout"},
}


def shown_as(example: dict[str, Any]) -> ConfigDict:
    """Let the document show a body by this example."""
    return ConfigDict(json_schema_extra={"examples": [example]})
