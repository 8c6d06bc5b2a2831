"""The services behind the gateway, well or unwell in every manner."""

import asyncio
import json
from contextlib import nullcontext
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cache
from types import SimpleNamespace
from uuid import UUID

import httpx
from fastapi import APIRouter, FastAPI

from apps.gateway.app import ops, views
from apps.gateway.clients.parts import HttpParts
from apps.gateway.domain.calls import Answer, Call
from apps.gateway.domain.views import Part
from apps.kit.errors import DeadlineExceeded, DependencyUnavailable, Overloaded
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of
from apps.kit.testing import Doorman

BUDGET_S = 0.3
ID = UUID("01a201d6-6976-708b-97f4-5a6f7898be24")
CARD = UUID("01a201d6-6977-7f2d-b858-7060ebfc14a8")
AT = "2026-03-01T12:00:05Z"
OLDER = "2026-03-01T12:00:01Z"

PAYMENT = {
    "payment_id": str(ID),
    "merchant_id": "M-01",
    "status": "captured",
    "card": {"token": str(CARD), "brand": "MASTERCARD", "last4": "0007"},
    "authorisation": {"source": "bank", "id": str(CARD), "attempts": 1},
}
BANK = {
    "authorisation_id": str(CARD),
    "request_id": str(ID),
    "approved": True,
    "network_code": "00",
    "hold_state": "captured",
}
FRAUD = {
    "card_token": str(CARD),
    "count": 7,
    "status": "ORANGE",
    "refused": 2,
    "window_start": AT,
    "version": 1,
}
NOTIFICATION = {
    "notification_id": str(ID),
    "kind": "webhook",
    "type": "pay.v1.payment.captured",
    "payment_id": str(ID),
    "merchant_id": "M-01",
    "target": "default",
    "event_id": str(ID),
    "state": "delivered",
    "attempt": 1,
    "next_at": None,
    "created_at": AT,
    "attempts": [],
}
EVENT = {"seq": 1, "type": "PaymentReceived", "at": AT, "trace_id": "4b", "data": {}}
FIGURES = {
    "as_of": AT,
    "lag_ms": 0,
    "merchant_id": "M-01",
    "days": [{"day": "2026-03-01"}],
    "totals": [],
    "reasons": [],
    "standins": [],
}
MONEY = {
    "as_of": OLDER,
    "lag_ms": 40,
    "merchant_id": "M-01",
    "balances": [{"currency": "EUR", "payable": 14_710}],
}

TOLD = {
    Part.BANK: BANK,
    Part.FRAUD: FRAUD,
    Part.NOTIFICATIONS: [NOTIFICATION],
    Part.EVENTS: {"payment_id": str(ID), "events": [EVENT]},
    Part.LATEST: {"payments": [PAYMENT], "next": None},
    Part.FIGURES: FIGURES,
    Part.MONEY: MONEY,
}
WHERE = {
    f"/authorisations?request_id={ID}": Part.BANK,
    f"/fraud/cards/{CARD}": Part.FRAUD,
    f"/notifications?payment_id={ID}": Part.NOTIFICATIONS,
    f"/payments/{ID}/events": Part.EVENTS,
    "/payments?limit=5": Part.LATEST,
    "/merchants/M-01/dashboard?days=7": Part.FIGURES,
    "/merchants/M-01/balance": Part.MONEY,
}


class Manner(Enum):
    """How a part is asked in vain; the value is what is said of it."""

    HANGS = "timeout", auto()
    LATE = "timeout", auto()
    AWAY = "away", auto()
    FULL = "busy", auto()
    BREAKS = "refused", auto()
    FORBIDS = "refused", auto()
    LIMITS = "refused", auto()
    GARBLES = "refused", auto()
    MISTAKES = "refused", auto()

    @property
    def why(self) -> str:
        return self.value[0]


STATUS = {Manner.BREAKS: 500, Manner.FORBIDS: 403, Manner.LIMITS: 429}
RAISED = {
    Manner.LATE: DeadlineExceeded,
    Manner.AWAY: DependencyUnavailable,
    Manner.FULL: Overloaded,
}
BODY = {Manner.GARBLES: b"\xffnonsense", Manner.MISTAKES: b'{"odd": 1}'}


@dataclass
class FakeServices:
    """All services; a part not named in `unwell` is well."""

    payment: Answer = field(default_factory=lambda: said(PAYMENT))
    unwell: dict[Part, Manner] = field(default_factory=dict)
    told: dict[Part, object] = field(default_factory=lambda: dict(TOLD))
    unknown: set[Part] = field(default_factory=set)
    calls: list[tuple[str, Call]] = field(default_factory=list)
    cancelled: list[Part] = field(default_factory=list)

    async def forward(self, name: str, call: Call) -> Answer:
        self.calls.append((name, call))
        if call.path == f"/payments/{ID}":
            return self.payment
        part = WHERE.get(call.path)
        if part is None or part in self.unknown:
            return said({"detail": "Not here."}, 404)
        if (manner := self.unwell.get(part)) is None:
            return said(self.told[part])
        return await self._in_vain(part, manner)

    async def _in_vain(self, part: Part, manner: Manner) -> Answer:
        if manner is Manner.HANGS:
            try:
                await asyncio.Event().wait()
            finally:
                self.cancelled.append(part)
        if manner in RAISED:
            raise RAISED[manner]
        well = said(self.told[part]).body
        return Answer(STATUS.get(manner, 200), {}, BODY.get(manner, well))

    def bearer(self, path: str) -> str:
        """The token that came with the one call to that path."""
        (call,) = (call for _name, call in self.calls if call.path == path)
        (found,) = (value for name, value in call.headers if name == "authorization")
        return found

    def asked(self) -> set[str]:
        return {call.path for _name, call in self.calls}


@dataclass
class _One:
    name: str
    all: FakeServices

    async def forward(self, call: Call) -> Answer:
        return await self.all.forward(self.name, call)


def said(body: object, status: int = 200) -> Answer:
    return Answer(
        status, {"content-type": "application/json"}, json.dumps(body).encode()
    )


async def own() -> str:
    return "the-gateways-own"


def client(
    services=None, *, fleet=None, rooms=None, own_token=own
) -> httpx.AsyncClient:
    """The gateway in front of them."""
    names = ("payments", "bank", "fraud", "notifications", "backoffice")
    behind = {name: _One(name, services) for name in names}
    rooms = rooms or dict.fromkeys(Part, nullcontext)
    parts = HttpParts(behind, own_token, rooms, BUDGET_S)
    app = face()
    app.state.ports = SimpleNamespace(parts=parts, fleet=fleet)
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(ServerTelemetry(app)),
        base_url="http://gateway/api/v1",
    )


@cache
def face() -> FastAPI:
    """Made once: properties ask it hundreds of times."""
    router = APIRouter()
    router.include_router(views.router)
    router.include_router(ops.router)
    return app_of(Service("gateway", None, router, tokens=Doorman()))


async def get(services: FakeServices, path: str, token: str = "house"):  # noqa: S107
    async with client(services) as http:
        return await http.get(path, headers={"Authorization": f"Bearer {token}"})
