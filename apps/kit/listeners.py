"""What a service hears: functions by subject, each with its own durable consumer.

A listener's first parameter says how much of an event it reads: `Model` the data alone,
`CloudEvent[Model]` the envelope, `Delivered[Model]` its place in the stream as well; a
`Sequence` of one of them, all messages that wait.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import (
    Any,
    Generic,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from pydantic import BaseModel

from apps.kit.events import CloudEvent

D = TypeVar("D", bound=BaseModel)

Handler = Callable[[Any, Any], Awaitable[None]]

LINGER_S = 0.05
"""For so long a batch waits for more, after its first message."""


class Attempt(Protocol):
    """One try at a message: where it is told of, and what came of it."""

    fault: Exception | None

    def telling(self) -> AbstractContextManager[None]: ...


class Unattended:
    """The attempt of a message that no broker delivered."""

    def __init__(self) -> None:
        self.fault: Exception | None = None

    def telling(self) -> AbstractContextManager[None]:
        return nullcontext()


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

    attempt: Attempt = field(default_factory=Unattended, repr=False, compare=False)

    def telling(self) -> AbstractContextManager[None]:
        """What is told inside belongs to this message: to its span and its trace."""
        return self.attempt.telling()

    def fail(self, fault: Exception) -> None:
        """This job comes again; the others of its batch are done. An event's effect is
        undone with its batch, and each of them is done again alone."""
        self.attempt.fault = fault


@dataclass(frozen=True)
class Listener:
    """A function that hears subjects; its name is its durable consumer's."""

    subjects: tuple[str, ...]
    handler: Handler
    workers: int = 0
    """How many batches of jobs are under way side by side; none hears events."""
    batch: int = 1
    """How many messages it takes at once, at most."""
    linger_s: float = LINGER_S

    def __post_init__(self) -> None:
        if self.batch > 1 and not self._takes_many:
            raise TypeError(f"{self.handler.__name__} reads one message, not a batch")

    @cached_property
    def payload(self) -> type[BaseModel]:
        """The fields that it reads of an event's data."""
        read = self._reads
        if get_origin(read) is Delivered:
            return cast("type[BaseModel]", get_args(read)[0])
        if issubclass(read, CloudEvent):
            (data,) = read.__pydantic_generic_metadata__["args"]
            return cast("type[BaseModel]", data)
        return cast("type[BaseModel]", read)

    def read(self, payload: bytes) -> CloudEvent[Any]:
        """Raises ValidationError for what is no event, or lacks what is read of it."""
        return self._envelope.model_validate_json(payload)

    async def hear(self, delivered: Delivered[Any], ports: Any) -> None:
        """Hand over as much of an event as the function reads."""
        await self.hear_all([delivered], ports)

    async def hear_all(self, batch: Sequence[Delivered[Any]], ports: Any) -> None:
        """Hand over a batch; only a function that takes many is given more than one."""
        shown = [self._shown(delivered) for delivered in batch]
        if self._takes_many:
            await self.handler(shown, ports)
        else:
            (only,) = shown
            await self.handler(only, ports)

    @cached_property
    def _shown(self) -> Callable[[Delivered[Any]], Any]:
        read = self._reads
        if get_origin(read) is Delivered:
            return lambda delivered: delivered
        if issubclass(read, CloudEvent):
            return lambda delivered: delivered.event
        return lambda delivered: delivered.event.data

    @cached_property
    def _envelope(self) -> type[CloudEvent[Any]]:
        return CloudEvent[self.payload]  # type: ignore[name-defined]

    @cached_property
    def _takes_many(self) -> bool:
        return get_origin(self._parameter) is Sequence

    @cached_property
    def _reads(self) -> Any:
        return get_args(self._parameter)[0] if self._takes_many else self._parameter

    @cached_property
    def _parameter(self) -> Any:
        return next(iter(get_type_hints(self.handler).values()))


class Listeners(list[Listener]):
    """What one service hears."""

    def hears(
        self, *subjects: str, batch: int = 1, linger_s: float = LINGER_S
    ) -> Callable[[Handler], Handler]:
        """Hear these subjects; an event heard twice takes effect once."""

        def register(handler: Handler) -> Handler:
            self.append(Listener(subjects, handler, 0, batch, linger_s))
            return handler

        return register

    def works(
        self,
        *subjects: str,
        workers: int,
        batch: int = 1,
        linger_s: float = LINGER_S,
    ) -> Callable[[Handler], Handler]:
        """Do these jobs, so many at once; a job done comes again if its worker died."""

        def register(handler: Handler) -> Handler:
            self.append(Listener(subjects, handler, workers, batch, linger_s))
            return handler

        return register
