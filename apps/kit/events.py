"""The envelope of every event: CloudEvents 1.0, structured JSON."""

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from pydantic import BaseModel, ConfigDict, Field

D = TypeVar("D", bound=BaseModel)

Told = Annotated[str | None, Field(exclude_if=lambda value: value is None)]
"""An attribute that came later: an event without it is written as it always was."""


class CloudEvent(BaseModel, Generic[D]):
    """What happened, to whom, when; `type` is also the subject it is published on."""

    model_config = ConfigDict(frozen=True)

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    datacontenttype: Literal["application/json"] = "application/json"
    dataschema: Told = None
    """Names the shape of `data`; the outbox sets it, as it does the trace."""
    traceparent: str | None = None
    tracestate: Told = None
    sequence: int | None = None
    """Which event of its aggregate this is."""
    partitionkey: str | None = None
    """Events of one key keep their order."""
    data: D


def event_id(aggregate: UUID, seq: int) -> UUID:
    """The same fact has the same id, however often it is told (RFC 9562, 5.5)."""
    return uuid5(NAMESPACE_URL, f"payscope:{aggregate}:{seq}")


def schema_of(kind: str) -> str:
    """The shape of an event's data goes with its type, which has its version."""
    return f"urn:payscope:schema:{kind}"
