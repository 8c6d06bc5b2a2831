"""An event for tests of what carries events."""

from datetime import UTC, datetime
from uuid import UUID

from pydantic import BaseModel

from apps.kit.events import CloudEvent, event_id


class ThingHappened(BaseModel):
    thing: UUID


def happened(subject: str, thing: UUID) -> CloudEvent[ThingHappened]:
    return CloudEvent(
        id=event_id(thing, 1),
        source="/test",
        type=subject,
        subject=str(thing),
        time=datetime(2026, 3, 1, tzinfo=UTC),
        data=ThingHappened(thing=thing),
    )
