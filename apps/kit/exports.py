"""What becomes of exports, told: a line when it changes, and each retry counted."""

import time
from typing import Any

from opentelemetry.exporter.otlp.common._exporter_metrics import ExportResult

from apps.kit.attempts import STATUS
from apps.kit.signals import Counter, tell

RETRIES = Counter(
    "telemetry.export.retries",
    unit="{retry}",
    about="Exports that failed and are made again, by what they carry.",
    by=("telemetry.signal",),
)


class News:
    """Of one signal: traces, logs or metrics."""

    def __init__(self, signal: str) -> None:
        self._facts: dict[str, Any] = {"telemetry.signal": signal}
        self._bad_since: float | None = None
        self._lost_by = ""

    @property
    def is_bad(self) -> bool:
        """What is told now will wait."""
        return self._bad_since is not None

    def bad(self, fault: ExportResult) -> None:
        """An attempt failed, and another will be made."""
        RETRIES.add(self._facts)
        if self._bad_since is None:
            self._bad_since = time.monotonic()
            why = {"error.type": _kind(fault)}
            tell("telemetry.held", {**self._facts, **why}, level="warning")

    def good(self) -> None:
        self._lost_by = ""
        if self._bad_since is not None:
            waited_s = round(time.monotonic() - self._bad_since, 1)
            tell("telemetry.resumed", {**self._facts, "telemetry.held_s": waited_s})
        self._bad_since = None

    def lost(self, items: int, fault: ExportResult) -> None:
        """Told of the first batch; how many there were, the SDK's counters say."""
        kind, before = _kind(fault), self._lost_by
        self._lost_by = kind
        if kind != before:
            facts = {**self._facts, "error.type": kind, "telemetry.items": items}
            tell("telemetry.lost", facts, level="error")


def _kind(fault: ExportResult) -> str:
    """By gRPC's code, by HTTP's status, or else by the exception's class."""
    if code := getattr(fault.error, "code", None):
        return str(code().name)
    status = (fault.error_attrs or {}).get(STATUS)
    return str(status or type(fault.error).__qualname__)
