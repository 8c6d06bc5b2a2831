"""What a service hears: functions by subject, each with its own durable consumer.

A listener's first parameter says how much of an event it reads: `Model` the data alone,
`CloudEvent[Model]` the envelope, `Delivered[Model]` its place in the stream as well.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar, cast, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from apps.kit.events import CloudEvent

D = TypeVar("D", bound=BaseModel)

Handler = Callable[[Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Delivered(Generic[D]):
    """An event as its stream handed it over."""

    event: CloudEvent[D]
    stream_seq: int
    """Its place in the stream; sent again, it has another one."""

    pending: int | None
    """How many events waited behind it for the same hearer."""

    at: datetime
    """When the stream took it."""


@dataclass(frozen=True)
class Listener:
    """A function that hears subjects; its name is its durable consumer's."""

    subjects: tuple[str, ...]
    handler: Handler
    workers: int = 0
    """How many take jobs from the work queue side by side; none hears events."""

    @property
    def payload(self) -> type[BaseModel]:
        """The fields that it reads of an event's data."""
        read = self._reads
        if get_origin(read) is Delivered:
            return cast("type[BaseModel]", get_args(read)[0])
        if issubclass(read, CloudEvent):
            (data,) = read.__pydantic_generic_metadata__["args"]
            return cast("type[BaseModel]", data)
        return cast("type[BaseModel]", read)

    async def hear(self, delivered: Delivered[Any], ports: Any) -> None:
        """Hand over as much of an event as the function reads."""
        read = self._reads
        if get_origin(read) is Delivered:
            await self.handler(delivered, ports)
        elif issubclass(read, CloudEvent):
            await self.handler(delivered.event, ports)
        else:
            await self.handler(delivered.event.data, ports)

    @property
    def _reads(self) -> Any:
        return next(iter(get_type_hints(self.handler).values()))


class Listeners(list[Listener]):
    """What one service hears."""

    def hears(self, *subjects: str) -> Callable[[Handler], Handler]:
        """Hear these subjects; an event heard twice takes effect once."""

        def register(handler: Handler) -> Handler:
            self.append(Listener(subjects, handler))
            return handler

        return register

    def works(self, *subjects: str, workers: int) -> Callable[[Handler], Handler]:
        """Do these jobs, so many at once; a job done comes again if its worker died."""

        def register(handler: Handler) -> Handler:
            self.append(Listener(subjects, handler, workers))
            return handler

        return register
