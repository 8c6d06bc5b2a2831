"""When a run began and ended: two lines in the log, drawn as marks over every board."""

import time
from collections import Counter, deque
from collections.abc import Mapping
from typing import Any

from loadtests.telemetry.figures import figures
from loadtests.telemetry.otlp import Facts, Value, attributes

STARTED, STOPPED = "load.started", "load.stopped"
INFO = 9
RESULTS = "load.results"

BY_HAND = "%Y%m%d-%H%M%S-by-hand"
"""A run that somebody started on Locust's page, and that has no directory."""

REPORTED_WITHIN_S = 3.5
"""Workers report to their leader every three seconds, and not when they stop."""

waiting: deque[dict[str, Any]] = deque(maxlen=100)


def told(event: str, facts: Facts, at: int | None = None) -> None:
    """One line; it waits here until the collector has it."""
    now = str(at or time.time_ns())
    waiting.append(
        {
            "timeUnixNano": now,
            "observedTimeUnixNano": now,
            "severityNumber": INFO,
            "severityText": "INFO",
            "body": {"stringValue": event},
            "attributes": attributes(facts),
        }
    )


About = Mapping[str, Value | None]


def announce(environment: Any, about: About) -> None:
    """Tell of its runs; of several processes, the one that leads the others does."""
    run = _Run(environment, about)
    environment.events.test_start.add_listener(run.start)
    environment.events.test_stop.add_listener(run.stop)
    environment.events.worker_report.add_listener(run.hear)


class _Run:
    """One after the other, in one process; the figures go on from run to run."""

    def __init__(self, environment: Any, about: About) -> None:
        self._environment = environment
        self._about = about
        self._others: dict[str, Counter[str]] = {}
        self._before: Counter[str] = Counter()
        self._run: About = about

    def hear(self, client_id: str, data: dict[str, Any]) -> None:
        self._others[client_id] = Counter(data.get(RESULTS, {}))

    def start(self, **_: Any) -> None:
        self._before = self._results()
        by_hand = {"run_id": time.strftime(BY_HAND), "users": self._users}
        self._run = {**by_hand, **self._about}
        self._tell(STARTED, self._run)

    def stop(self, **_: Any) -> None:
        at = time.time_ns()
        if hasattr(self._environment.runner, "clients"):
            time.sleep(REPORTED_WITHIN_S)
        results = self._results() - self._before
        counted = {name: results[name] for name in ("ok", "fail", "indeterminate")}
        self._tell(STOPPED, {**self._run, **counted}, at)

    @property
    def _users(self) -> int | None:
        found = getattr(self._environment.runner, "target_user_count", None)
        return int(found) if found else None

    def _results(self) -> Counter[str]:
        return sum(self._others.values(), figures.results)

    def _tell(self, event: str, facts: About, at: int | None = None) -> None:
        """A worker leaves it to whom it follows."""
        if not hasattr(self._environment.runner, "master_host"):
            told(event, _named(facts), at)


def report(environment: Any) -> None:
    """A worker's results go to the one that leads."""

    def add(client_id: str, data: dict[str, Any]) -> None:
        data[RESULTS] = dict(figures.results)

    environment.events.report_to_master.add_listener(add)


def _named(facts: About) -> Facts:
    return {f"load.{key}": value for key, value in facts.items() if value is not None}
