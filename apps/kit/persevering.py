"""Exporters that do not give up: what the collector does not take now, it takes later.

The SDK drops a batch that fails for ten seconds. Here a batch is written once, as the
bytes that will leave, and waits until the collector has it, or says that it never will,
or there is no room, or the process has ended. Nobody who tells waits for any of it.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import chain, repeat
from typing import Any

from opentelemetry.exporter.otlp.common._exporter_metrics import ExportResult

from apps.kit.attempts import Attempts
from apps.kit.batches import Batch
from apps.kit.exports import News

ROOM = 32 * 2**20
"""Bytes that may wait of spans, and of lines: ten minutes of our busiest service at 60
payments a second, packed to a fifth. Past this the oldest are dropped."""

LARGEST = 2 * 2**20
"""Bytes of a request; the collector refuses four million for good."""

PAUSES_S = (0.25, 0.5, 1.0, 2.0)
"""Between attempts; the last of them again and again."""

LINGERS_S = 4.5
"""So long does a process that ends try on: a little less than `telemetry.stop` waits."""


class NoRoom(Exception):
    """What is newer took its place."""


class Ended(Exception):
    """The process ended before it could leave."""


def before(exporter: Any, signal: str, write: Callable[[Sequence[Any]], bytes]) -> Any:
    """What goes to the collector perseveres; what goes to a console has arrived."""
    is_far = hasattr(exporter, "_metrics")
    return Persevering(exporter, signal, write) if is_far else exporter


def before_figures(provider: Any) -> None:
    for reader in getattr(provider, "_metric_readers", ()):
        if hasattr(getattr(reader, "_exporter", None), "_metrics"):
            Latest(reader)


class Persevering:
    """Stands before an exporter of spans or lines, and takes all that is told at once."""

    def __init__(
        self, exporter: Any, signal: str, write: Callable[[Sequence[Any]], bytes]
    ) -> None:
        self._attempts, self._write = Attempts(exporter), write
        self._news = News(signal)
        self._held: deque[Batch] = deque()
        self._size = 0
        self._ends_at = math.inf
        self._changed = threading.Condition()
        self._sender = threading.Thread(target=self._send, name=signal, daemon=True)
        self._sender.start()

    def export(self, told: Sequence[Any]) -> None:
        data = self._write(told)
        if len(data) > LARGEST and len(told) > 1:
            middle = len(told) // 2
            self.export(told[:middle])
            self.export(told[middle:])
            return
        batch = Batch(data, len(told), self._attempts.account)
        if self._news.is_bad:
            batch.pack()
        with self._changed:
            self._held.append(batch)
            self._size += batch.size
            while self._size > ROOM:
                self._lose([self._oldest()], ExportResult(NoRoom()))
            self._changed.notify_all()

    def shutdown(self, timeout_millis: float = LINGERS_S * 1000) -> None:
        """Send what waits, for so long and no longer."""
        patience_s = min(LINGERS_S, timeout_millis / 1000)
        with self._changed:
            self._ends_at = time.monotonic() + patience_s
            self._changed.notify_all()
        self._sender.join(patience_s)
        self._attempts.end()
        self._sender.join(PAUSES_S[0])

    def _send(self) -> None:
        """The oldest first, one after the other, until there will be no more."""
        while batch := self._next():
            fault = self._sent(batch)
            if fault is None:
                batch.end()
                self._news.good()
            elif isinstance(fault.error, Ended):
                self._lose([batch, *self._held], fault)
                return
            else:
                self._lose([batch], fault)

    def _next(self) -> Batch | None:
        with self._changed:
            self._changed.wait_for(lambda: self._held or self._is_ending)
            return self._oldest() if self._held else None

    def _sent(self, batch: Batch) -> ExportResult | None:
        """Try until it has arrived; what is returned says why it never will."""
        for pause_s in chain(PAUSES_S, repeat(PAUSES_S[-1])):
            fault = self._attempts.fault(batch)
            if fault is None:
                return None
            if time.monotonic() >= self._ends_at:
                break
            if self._attempts.is_final(fault):
                return fault
            self._news.bad(fault)
            batch.pack()
            self._pause(pause_s)
        return ExportResult(Ended())

    def _pause(self, seconds: float) -> None:
        """Whoever ends is woken, tries at once, and then often."""
        with self._changed:
            was_ending = self._is_ending
            seconds = PAUSES_S[0] if was_ending else seconds
            self._changed.wait_for(lambda: self._is_ending != was_ending, seconds)

    @property
    def _is_ending(self) -> bool:
        return self._ends_at < math.inf

    def _oldest(self) -> Batch:
        batch = self._held.popleft()
        self._size -= batch.size
        return batch

    def _lose(self, batches: Sequence[Batch], fault: ExportResult) -> None:
        for batch in batches:
            batch.end(fault)
        self._news.lost(sum(map(len, batches)), fault)


class Latest:
    """Stands before the exporter of a reader of figures.

    They are sums: those of the next interval say what those said that failed. Only the
    last have none after them.
    """

    def __init__(self, reader: Any) -> None:
        self._attempts = Attempts(reader._exporter, counting_each=True)
        self._news = News("metrics")
        self._is_last = reader._shutdown_event
        reader._exporter = self

    def export(self, told: Any, **_options: Any) -> None:
        until = time.monotonic() + LINGERS_S
        while fault := self._attempts.fault(told):
            if self._attempts.is_final(fault):
                self._news.lost(1, fault)
                return
            self._news.bad(fault)
            if not self._is_last.is_set() or time.monotonic() > until:
                return
            time.sleep(PAUSES_S[0])
        self._news.good()

    def force_flush(self, **_options: Any) -> bool:
        return True

    def shutdown(self, **_options: Any) -> None:
        self._attempts.end()
