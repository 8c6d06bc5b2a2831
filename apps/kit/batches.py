"""Spans or lines on their way: written once, however often they are sent."""

import zlib
from contextlib import AbstractContextManager
from typing import Protocol

from opentelemetry.exporter.otlp.common._exporter_metrics import ExportResult

AROUND = 512
"""Bytes of the objects around one that waits."""


class Account(Protocol):
    """What the SDK counts of an exporter: what is under way, and what became of it."""

    def export_operation(self, count: int) -> AbstractContextManager[ExportResult]: ...


class Batch:
    """Exporters take it for a sequence of what is written in it."""

    __slots__ = ("_count", "_counted", "_data", "_is_packed", "_result")

    def __init__(self, data: bytes, count: int, account: Account) -> None:
        self._data, self._count, self._is_packed = data, count, False
        self._counted = account.export_operation(count)
        self._result = self._counted.__enter__()

    def __len__(self) -> int:
        return self._count

    @property
    def data(self) -> bytes:
        return zlib.decompress(self._data) if self._is_packed else self._data

    @property
    def size(self) -> int:
        """Bytes that it takes while it waits."""
        return len(self._data) + AROUND

    def pack(self) -> None:
        """It will wait, and a fifth of the room is enough."""
        if not self._is_packed:
            self._data, self._is_packed = zlib.compress(self._data, level=1), True

    def end(self, fault: ExportResult | None = None) -> None:
        """Nobody waits for it any more; without a fault it has arrived."""
        if fault:
            self._result.error, self._result.error_attrs = (
                fault.error,
                fault.error_attrs,
            )
        self._counted.__exit__(None, None, None)
