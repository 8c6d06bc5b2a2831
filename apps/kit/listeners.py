"""What a service hears: functions by subject, each with its own durable consumer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, cast, get_type_hints

from pydantic import BaseModel

Handler = Callable[[Any, Any], Awaitable[None]]


@dataclass(frozen=True)
class Listener:
    """A function that hears subjects; its name is its durable consumer's."""

    subjects: tuple[str, ...]
    handler: Handler

    @property
    def payload(self) -> type[BaseModel]:
        """The type of its first parameter: the fields that it reads."""
        hints = get_type_hints(self.handler)
        return cast("type[BaseModel]", next(iter(hints.values())))


class Listeners(list[Listener]):
    """What one service hears."""

    def hears(self, *subjects: str) -> Callable[[Handler], Handler]:
        """Hear these subjects; an event heard twice takes effect once."""

        def register(handler: Handler) -> Handler:
            self.append(Listener(subjects, handler))
            return handler

        return register
