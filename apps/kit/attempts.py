"""One attempt to export, made by the SDK's exporter: what became of it, and is it final?"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from grpc import RpcError, StatusCode  # type: ignore[import-untyped]
from opentelemetry.exporter.otlp.common import http
from opentelemetry.exporter.otlp.common._exporter_metrics import (
    ExportResult,
    NoOpExporterMetrics,
)
from opentelemetry.exporter.otlp.proto.grpc import exporter as grpc

STATUS = "http.response.status_code"
NOT_NOW = frozenset({429, 502, 503, 504})
"""Statuses that say so; any other says never (opentelemetry.io/docs/specs/otlp)."""

RETRY_INFO = "google.rpc.retryinfo-bin"
"""With it RESOURCE_EXHAUSTED says: not now. Without, that a request is too large."""


CHATTY = "opentelemetry.exporter"


def lend() -> None:
    """From now on the SDK's exporters try once, and in silence: the rest is up to us."""
    vars(grpc)["_MAX_RETRYS"] = vars(http)["_MAX_RETRIES"] = 1
    logging.getLogger(CHATTY).setLevel(logging.CRITICAL)


class Attempts:
    """An exporter, asked for one attempt at a time.

    It tells its metrics what failed, and nobody else; so we stand in for them. What they
    count is for the caller to say (`account`), unless each attempt counts for itself.
    """

    def __init__(self, exporter: Any, *, counting_each: bool = False) -> None:
        self._exporter = exporter
        self.account, exporter._metrics = exporter._metrics, self
        self._each = self.account if counting_each else NoOpExporterMetrics()
        self._heard = ExportResult()

    @contextmanager
    def export_operation(self, count: int) -> Iterator[ExportResult]:
        with self._each.export_operation(count) as self._heard:
            yield self._heard

    def fault(self, batch: Any) -> ExportResult | None:
        """None: it has arrived."""
        self._heard = ExportResult()
        try:
            done = self._exporter.export(batch)
        except Exception as fault:  # noqa: BLE001  (it must not cost the other batches)
            return ExportResult(fault)
        return None if done.name == "SUCCESS" else self._heard

    def is_final(self, fault: ExportResult) -> bool:
        """Whoever answered so will not answer otherwise."""
        error, status = fault.error, (fault.error_attrs or {}).get(STATUS)
        if not isinstance(error, RpcError):
            return status not in NOT_NOW if status else not isinstance(error, OSError)
        if error.code() is StatusCode.RESOURCE_EXHAUSTED:
            return RETRY_INFO not in dict(error.trailing_metadata() or ())
        return error.code() not in self._exporter._retryable_error_codes

    def end(self) -> None:
        """An attempt under way fails at once, and so does any other."""
        self._exporter.shutdown()
