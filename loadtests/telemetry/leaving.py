"""Everything that is told leaves for the collector beside the load, and when it ends."""

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

from loadtests.telemetry import runs, spans
from loadtests.telemetry.figures import figures
from loadtests.telemetry.otlp import Value, scoped, send

EVERY_S = 0.5
MOST = 1000
"""Spans or lines in a request: the collector takes 20 MB, and a span is a kilobyte."""

LINGERS_S = 5.0
"""So long does a process that ends wait for a collector that is away."""

NOT_NOW = {429, 502, 503, 504}
FIGURES_EVERY_S = 5.0
"""As often as the services send theirs."""

AWAY = (OSError, HTTPException)

_log = logging.getLogger("telemetry")  # noqa: TID251  (a load generator has no kit)


class Leaving:
    """The way out of one process; what the collector does not take is sent again."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._is_away = self._is_over = False
        self._figures_at = 0.0

    def for_ever(self) -> None:
        while True:
            time.sleep(EVERY_S)
            is_time = time.monotonic() - self._figures_at >= FIGURES_EVERY_S
            self.all_of_it(figures_too=is_time)

    def the_last(self) -> None:
        """Nobody is left: else the boards would show our users for minutes."""
        self._is_over = True
        ends = time.monotonic() + LINGERS_S
        self.all_of_it()
        while self._is_away and time.monotonic() < ends:
            time.sleep(EVERY_S)
            self.all_of_it()

    def all_of_it(self, *, figures_too: bool = True) -> None:
        self._drain("logs", "Logs", "logRecords", runs.waiting)
        self._drain("traces", "Spans", "spans", spans.waiting)
        if figures_too and not self._leads:
            self._figures_at = time.monotonic()
            self._sent("metrics", "Metrics", "metrics", figures.told(self._users))

    def _drain(self, signal: str, kind: str, things: str, waiting: deque[Any]) -> None:
        """The oldest first; it stays until it has arrived, or there is no room."""
        while waiting:
            told = [waiting.popleft() for _ in range(min(MOST, len(waiting)))]
            if not self._sent(signal, kind, things, told):
                room = (waiting.maxlen or MOST) - len(waiting)
                waiting.extendleft(reversed(told[-room:] if room else ()))
                return

    def _sent(self, signal: str, kind: str, things: str, told: list[Any]) -> bool:
        """False: it is worth another try."""
        try:
            send(signal, scoped(self._number, kind, things, told))
        except HTTPError as answer:
            answer.close()
            return self._has_left(answer, is_final=answer.code not in NOT_NOW)
        except AWAY as away:
            return self._has_left(away, is_final=False)
        self._is_away = False
        return True

    def _has_left(self, why: Exception, *, is_final: bool) -> bool:
        if is_final:
            _log.error("the collector refuses what is told: %s", why)
        elif not self._is_away:
            _log.warning("the collector is away, what is told waits: %s", why)
        self._is_away = not is_final
        return is_final

    @property
    def _runner(self) -> Any:
        return getattr(self._environment, "runner", None)

    @property
    def _users(self) -> int:
        return 0 if self._is_over else int(getattr(self._runner, "user_count", 0))

    @property
    def _number(self) -> int:
        """Workers are counted from 0, and who works alone is the first."""
        return int(getattr(self._runner, "worker_index", 0)) + 1

    @property
    def _leads(self) -> bool:
        """Whoever leads workers makes no request: the users are theirs."""
        return hasattr(self._runner, "clients")


_ways: list[Leaving] = []


def leave(environment: Any, about: Mapping[str, Value | None] | None = None) -> None:
    """From now on it leaves, in a thread that Locust makes a greenlet.

    `about` says what a run is: `run_id`, `shape`, `scenario`, `users`, `rate`; what goes
    on without an end is no run, and has none.
    """
    way = Leaving(environment)
    _ways.append(way)
    if about is not None:
        runs.announce(environment, about)
        runs.report(environment)
    environment.events.quitting.add_listener(lambda **_: way.the_last())
    threading.Thread(target=way.for_ever, daemon=True).start()


def flush() -> None:
    """Send what waits now: the process is about to end."""
    for way in _ways:
        way.the_last()
