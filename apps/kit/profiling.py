"""A CPU profile in which each sample knows its span, where somebody asks for one.

`PAYSCOPE_PROFILES=<folder>` has each process write one line per sample there. The kernel
ticks after so much CPU (SIGPROF), and Python's handler runs inside whatever coroutine used
it: there the current span is that coroutine's. Profilers that label threads cannot tell
one from another, for all of them share the loop's thread.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from opentelemetry import trace

WHERE = "PAYSCOPE_PROFILES"

EVERY_S = 0.01
"""A tick after so much CPU of the process; each costs some 20 µs."""

DEEPEST = 64
"""So many frames of a stack are told, from the innermost."""

HELD = 1000
"""So many samples are held before they are written."""

LARGEST = 64 * 1024 * 1024
"""A file grows no larger, in bytes: some two hours of a busy process."""


class Profile:
    """Samples of this process, on their way into a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines: list[str] = []
        self._used = 0.0
        self._written = 0

    def start(self) -> None:
        """From the main thread: only there handlers run."""
        self._used = time.thread_time()
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_bytes(b"")
        signal.signal(signal.SIGPROF, self._tick)
        signal.siginterrupt(signal.SIGPROF, False)
        signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)

    def stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, signal.SIG_IGN)
        self._write()

    def _tick(self, _signal: int, frame: FrameType | None) -> None:
        """Other threads' CPU makes it tick as well: the weight is this one's alone."""
        before, self._used = self._used, time.thread_time()
        under: Any = trace.get_current_span()
        where = under.get_span_context()
        sample: dict[str, Any] = {
            "cpu_ms": round((self._used - before) * 1000, 3),
            "stack": stack(frame),
        }
        if where.is_valid:
            sample["span"] = getattr(under, "name", "")
            sample["trace_id"] = trace.format_trace_id(where.trace_id)
            sample["span_id"] = trace.format_span_id(where.span_id)
        self._lines.append(json.dumps(sample))
        if len(self._lines) >= HELD:
            self._write()

    def _write(self) -> None:
        """Nobody's work fails because a disk is full."""
        text = "".join(f"{line}\n" for line in self._lines)
        self._lines.clear()
        if self._written + len(text) > LARGEST:
            return
        self._written += len(text)
        with contextlib.suppress(OSError), self._file.open("a") as file:
            file.write(text)


def stack(frame: FrameType | None) -> str:
    """As flame graphs read it: the outermost first, between semicolons."""
    found: list[str] = []
    while frame and len(found) < DEEPEST:
        module = frame.f_globals.get("__name__", "?")
        found.append(f"{module}.{frame.f_code.co_name}")
        frame = frame.f_back
    return ";".join(reversed(found))


@contextmanager
def asked_for(instance: str) -> Iterator[None]:
    """Around the life of a process: profiled, if its environment says where to."""
    where = os.environ.get(WHERE)
    if not where:
        yield
        return
    profile = Profile(Path(where) / f"{instance}.jsonl")
    profile.start()
    try:
        yield
    finally:
        profile.stop()
