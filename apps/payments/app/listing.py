"""Lists of payments, and what happened to one."""

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, BeforeValidator, Field

from ..domain import listing
from ..domain.payment import Recorded, Status
from ..usecases.read import history, page
from .bodies import BASE, PaymentOut
from .callers import Auditing, Reading
from .refusals import LISTED, SHOWN

router = APIRouter(prefix="/payments", tags=["payments"])


def _dated(written: object) -> object:
    """An instant begins with its date; pydantic would take seconds since 1970 too."""
    if isinstance(written, str) and written[4:5] != "-":
        raise ValueError("not a date and a time (RFC 3339)")
    return written


Instant = Annotated[AwareDatetime, BeforeValidator(_dated)]


class PageOut(BaseModel):
    """Payments, newest first; `next` is the cursor of the page after this one."""

    payments: list[PaymentOut]
    next: UUID | None
    links: Annotated[dict[str, Any], Field(serialization_alias="_links")]


class EventOut(BaseModel):
    """What happened to a payment: `seq` counts from 1, without gaps."""

    seq: int
    type: str
    at: datetime
    trace_id: str
    data: dict[str, Any]


class EventsOut(BaseModel):
    payment_id: UUID
    events: list[EventOut]


@router.get("", response_model_by_alias=True, responses=LISTED)
async def list_payments(
    ports: Reading,
    *,
    status: Status | None = None,
    pos_id: Annotated[str | None, Query(max_length=32, pattern=r"^[^\x00]+$")] = None,
    since: Annotated[Instant | None, Query(alias="from")] = None,
    until: Annotated[Instant | None, Query(alias="to")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: UUID | None = None,
) -> PageOut:
    """List payments, newest first, a page at a time."""
    query = listing.Query(limit, status, pos_id, since, until, cursor)
    found = await page(query, ports)
    following = found[-1].payment_id if len(found) == limit else None
    more = {"next": {"href": f"{BASE}?{_asked(query)}&cursor={following}"}}
    return PageOut(
        payments=[PaymentOut.of(payment, ports.caller) for payment in found],
        next=following,
        links={"self": {"href": BASE}, **(more if following else {})},
    )


@router.get("/{payment_id}/events", responses=SHOWN)
async def list_events(payment_id: UUID, ports: Auditing) -> EventsOut:
    """Tell all that happened to a payment, in order."""
    recorded = await history(payment_id, ports)
    return EventsOut(payment_id=payment_id, events=[_event(one) for one in recorded])


def _asked(query: listing.Query) -> str:
    """What was asked for, but for the page."""
    narrow = {
        "limit": query.limit,
        "status": query.status,
        "pos_id": query.pos_id,
        "from": query.since and query.since.isoformat(),
        "to": query.until and query.until.isoformat(),
    }
    return urlencode({name: value for name, value in narrow.items() if value})


def _event(recorded: Recorded) -> EventOut:
    event = recorded.event
    fields = {name: getattr(event, name) for name in event.__dataclass_fields__}
    return EventOut(
        seq=recorded.seq,
        type=type(event).__name__,
        at=recorded.at,
        trace_id=recorded.trace_id,
        data=fields,
    )
