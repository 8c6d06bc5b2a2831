"""One row's drill on the running stack: load, a fault, what telemetry tells, the books."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from benchmarks import lag
from benchmarks.books import Ordered
from benchmarks.tills import Tills, usual
from loadtests.history import History
from native.backends import Loki, Unanswered, until
from native.evidence import LogLine, Span
from native.faults import Faults
from native.paths import ROOT
from tests.chaos import doors
from tests.chaos.rows import Row
from tests.stack.stack import SERVICES, Stack

T = TypeVar("T")

SETTLES_WITHIN_S = 100.0
"""Merchants are paid out each minute; what failed is tried again half a minute later."""

EXPORTED_S = 6.0
"""Metrics leave every five seconds."""

DEADLINE_MS, GRACE_MS = 3000, 100
"""Nobody waits longer at the gateway, and this much past it."""


@dataclass
class Drill:
    """The stack, the links that can be broken, the row that is run and its history."""

    stack: Stack
    faults: Faults
    row: Row
    folder: Path
    began_ns: int = field(default_factory=time.time_ns)

    @property
    def history(self) -> Path:
        return self.folder / f"{self.row.row}.jsonl"

    def tills(self, *, patient: bool = True) -> Tills:
        url = self.stack.ports.url("GATEWAY_PORT")
        return Tills(url, History(str(self.history)), patient)

    def lines(self, event: str, **facts: str) -> list[LogLine]:
        """Log lines of that event since the row began; dots in names are underscores."""
        query = f'{{service_namespace="payscope"}} |= "{event}"'
        found = self.stack.backends.loki.lines(query, since=self.began_ns)
        return [
            line
            for line in found
            if line.body == event and facts.items() <= line.facts.items()
        ]

    def ask(self, about: Callable[[Loki, int], T]) -> T:
        """What the lines since the row began tell about it."""
        return about(self.stack.backends.loki, self.began_ns)

    def traces(self, query: str, *, limit: int = 500) -> list[str]:
        """Traces that TraceQL finds since the row began."""
        tempo = self.stack.backends.tempo
        return tempo.search(query, limit=limit, since=self.began_ns)

    def total(self, query: str) -> float:
        return self.stack.backends.prometheus.total(query)

    def counters(self, query: str) -> "Counted":
        """Each series and its value: two of these tell what was counted in between."""
        found = self.stack.backends.prometheus.now(query)
        return {frozenset(each.labels.items()): each.value for each in found}

    def exported(self) -> None:
        """Returns when what was counted by now has left every service."""
        time.sleep(EXPORTED_S)

    def exposure(self) -> float:
        """What was accepted in the bank's stead; each replica tells of the same books."""
        found = self.stack.backends.prometheus.now("max(payments_standin_exposure)")
        return max((sample.value for sample in found), default=0.0)

    def late(self) -> list[str]:
        """Requests that the gateway answered later than its deadline and a little."""
        asked = 'resource.service.name = "gateway" && kind = server'
        return self.traces(f"{{ {asked} && duration > {DEADLINE_MS + GRACE_MS}ms }}")

    def repeated(self) -> list[Span]:
        """Calls of the gateway that went to a second replica."""
        asked = (
            'resource.service.name = "gateway" && span.http.request.resend_count > 0'
        )
        traces = until(lambda: self.traces(f"{{ {asked} }}"), within=20)
        spans = [s for each in traces for s in self.stack.backends.tempo.trace(each)]
        return [span for span in spans if span.fact("http.request.resend_count")]

    def scraped_in_vain(self) -> float:
        """When Prometheus first missed the collector, as Unix time; 0: it has not."""
        gone = 'up{service_name="otel-collector"} == 0'
        return max(
            (s.time for s in self.stack.backends.prometheus.now(gone)), default=0
        )

    def is_well(self) -> bool:
        """Everybody is ready, and the bank decides."""
        try:
            ready = all(self.stack.is_ready(name) for name in SERVICES)
            return ready and self.stack.pays()
        except Unanswered:
            return False

    def status_of(self, ordered: Ordered) -> str:
        """What became of an order, as the gateway tells it now."""
        payment = self.stack.gateway.payment(str(ordered.payment["payment_id"]))
        assert payment
        return str(payment["status"])

    def rests(self) -> None:
        """Returns when payments has nothing left to announce or to finish."""
        asyncio.run(lag.drained(self.stack.ports))

    def keeps_up_since(self, rate: float, seconds: float = 15.0) -> float:
        """Orders so often; since when each was paid within a second, as Unix time."""
        book = self.tills(patient=False).order_for(seconds, rate, usual)
        failed = [each for each in book if not each.is_paid or each.seconds > 1.0]
        begun = min(each.due for each in book)
        return max((each.due + each.seconds for each in failed), default=begun)

    @contextmanager
    def killed(self, process: str) -> Iterator[None]:
        """Dead inside, without a farewell; started again outside."""
        self.stack.supervisor.kill(process)
        self.stack.supervisor.stop(process)
        try:
            yield
        finally:
            self.stack.supervisor.start(process)

    @contextmanager
    def away(self, *processes: str) -> Iterator[None]:
        """Stopped inside, as their orderly stop goes; started again, and ready, outside."""
        for process in processes:
            self.stack.supervisor.stop(process)
        try:
            yield
        finally:
            for process in processes:
                self.stack.supervisor.start(process)
            doors.ready(self.stack, *processes)

    def books_hold(self, *others: Row) -> None:
        """The auditor finds nothing, as soon as everything had its time: the row's end.

        The others' end, too, where one load told of several faults.
        """
        done = until(
            self._verify,
            lambda done: done.returncode == 0,
            within=SETTLES_WITHIN_S,
            every=3.0,
        )
        assert "I9" in done.stdout
        for row in (self.row, *others):
            row.verdict = "passed"

    def _verify(self) -> subprocess.CompletedProcess[str]:
        beside = ["-m", "native", "run", "--instance", self.stack.instance.name, "--"]
        auditor = [sys.executable, "-m", "apps.verify"]
        if self.history.exists():
            auditor += ["--history", str(self.history)]
        return subprocess.run(
            [sys.executable, *beside, *auditor],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


Counted = Mapping[frozenset[tuple[str, str]], float]


def grown(before: Counted, after: Counted, **labels: str) -> float:
    """What those with these labels counted in between; one that restarts begins at 0."""
    sum_ = 0.0
    for series, value in after.items():
        if labels.items() <= dict(series).items():
            was = before.get(series, 0.0)
            sum_ += value - was if value >= was else value
    return sum_
