"""The HTTP faces: notifications' own, and that of the demo's merchants."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.types import Receive, Scope, Send

from apps.kit.auth import Caller, may
from apps.kit.openapi import problems
from apps.kit.service import wired

from . import usecases
from .domain.notification import Attempt, History, State
from .domain.receiver import Behaviour, Received
from .ports import Ports
from .usecases import Unsigned

Wired = Annotated[Ports, Depends(wired)]

notifications = APIRouter(prefix="/notifications", tags=["notifications"])
demo = APIRouter(prefix="/demo/webhooks", tags=["the demo's merchants"])


class NotificationOut(BaseModel):
    """What a merchant is told, and how telling it went."""

    notification_id: UUID
    kind: str
    type: str
    payment_id: UUID
    merchant_id: str
    target: str
    event_id: UUID
    state: State
    attempt: int
    next_at: datetime | None
    created_at: datetime
    attempts: Sequence[Attempt]

    @classmethod
    def of(cls, history: History) -> "NotificationOut":
        told = history.notification
        return cls(
            notification_id=told.id,
            kind=told.kind,
            type=told.type,
            payment_id=told.payment_id,
            merchant_id=told.merchant_id,
            target=told.target,
            event_id=told.event_id,
            state=told.state,
            attempt=told.attempt,
            next_at=told.next_at,
            created_at=told.created_at,
            attempts=history.attempts,
        )


@notifications.get("")
async def list_notifications(
    payment_id: UUID,
    ports: Wired,
    caller: Annotated[Caller, may("notifications:read")],
) -> Sequence[NotificationOut]:
    """List what a merchant is told of a payment: of its own, where one asks."""
    histories = await usecases.of_payment(payment_id, caller.merchant_id, ports)
    return [NotificationOut.of(each) for each in histories]


class BehaviourIn(BaseModel):
    """How the demo's merchants answer from now on."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"status": 500, "delay_ms": 100}]},
    )

    status: Literal[200, 204, 410, 429, 500, 503] = 204
    delay_ms: StrictInt = Field(0, ge=0, le=30_000)


class Plain(APIRoute):
    """A route that is handed the request as it came: its dependencies are none."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] not in (self.methods or ()):
            return await super().handle(scope, receive, send)
        response: Response = await self.endpoint(Request(scope, receive))
        return await response(scope, receive, send)


async def receive_webhook(request: Request) -> Response:
    """The merchant's side: take a webhook that is signed, and not five minutes old."""
    ports: Ports = request.app.state.ports
    body = await request.body()
    return Response(status_code=await usecases.receive(request.headers, body, ports))


demo.add_api_route(
    "",
    receive_webhook,
    methods=["POST"],
    status_code=204,
    responses=problems(Unsigned),
    route_class_override=Plain,
)


@demo.get("", dependencies=[may("ops")])
async def list_webhooks(ports: Wired) -> Sequence[Received]:
    """The merchant's side: the last webhooks, newest first, each id once."""
    return ports.demo.received()


@demo.put("/behaviour", dependencies=[may("ops")])
async def behave(wanted: BehaviourIn, ports: Wired) -> Behaviour:
    """The merchant's side: answer so from now on, to see what retries do."""
    ports.demo.behaviour = Behaviour(wanted.status, wanted.delay_ms)
    return ports.demo.behaviour


router = APIRouter()
router.include_router(notifications)
router.include_router(demo)
