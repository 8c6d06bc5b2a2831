"""The one line that each request ends in: what was asked, what came of it, how long it took.

It has method, route, status and duration, and whatever the request ended in: a call that
was forwarded, a refusal, a fault. At the door it is told at info; inside at debug, for
the caller's line and the span say the same of a request that went well.
"""

from collections.abc import Mapping
from contextvars import ContextVar, Token
from types import TracebackType
from typing import Self

from opentelemetry import trace
from opentelemetry.util.types import AnyValue

from apps.kit import baggage
from apps.kit.instruments import Counter, Facts, plain
from apps.kit.signals import tell
from apps.kit.writing import Level, is_told, write

ANSWERED = "request.answered"
"""What a request ends in that nobody had a better word for."""

TOOK = "request.duration"
"""In seconds; a line with it is the last of its request, and a line without is not."""

TOLD = (
    "http.request.method",
    "http.route",
    "http.response.status_code",
    "error.type",
)


class Ending:
    """The line of a request that is under way."""

    __slots__ = ("_event", "_facts", "_fault", "_is_silent", "_level", "_token")

    def __init__(self, level: Level) -> None:
        self._event, self._level = ANSWERED, level
        self._facts: dict[str, AnyValue] = {}
        self._fault: BaseException | None = None
        self._is_silent = False

    def __enter__(self) -> Self:
        """Around the request; whoever began it tells its end."""
        self._token: Token[Ending | None] = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        _current.reset(self._token)

    def turn(
        self, event: str, facts: Facts, level: Level, fault: BaseException | None
    ) -> None:
        """It ends like this, unless it ends otherwise later on."""
        told = {key: plain(value) for key, value in facts.items() if value is not None}
        trace.get_current_span().set_attributes(told)
        self._event, self._level, self._fault = event, level, fault
        self._facts.update(told)

    def hush(self) -> None:
        self._is_silent = True

    def tell(self, facts: Mapping[str, str | int], took_s: float) -> None:
        """It has ended."""
        if self._is_silent or not is_told(self._level):
            return
        asked = {key: facts[key] for key in TOLD if key in facts}
        told = {**baggage.facts(), **asked, TOOK: round(took_s, 6), **self._facts}
        write(self._level, self._event, told, self._fault)


_current: ContextVar[Ending | None] = ContextVar("ending", default=None)


def ends(
    event: str,
    facts: Facts,
    *,
    count: Counter | None = None,
    level: Level = "info",
    fault: BaseException | None = None,
) -> None:
    """The request ends in this, on its one line; without a request it is told at once."""
    ending = _current.get()
    if ending is None:
        tell(event, facts, count=count, level=level, fault=fault)
        return
    ending.turn(event, facts, level, fault)
    if count:
        count.add(facts)


def hush() -> None:
    """The request has no line: its kind is told of once, and comes by the thousand."""
    ending = _current.get()
    if ending:
        ending.hush()
