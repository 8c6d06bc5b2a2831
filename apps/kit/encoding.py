"""Spans and lines as OTLP writes them, by hand: a fifth of what the SDK's encoders take.

Its exporters stay, with all that the environment says of them; they are lent these
encoders, which say the same (tests/kit/test_encoding.py compares them).
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any

from opentelemetry.exporter.otlp.proto.grpc import _log_exporter as grpc_logs
from opentelemetry.exporter.otlp.proto.grpc import trace_exporter as grpc_spans
from opentelemetry.exporter.otlp.proto.http import _log_exporter as http_logs
from opentelemetry.exporter.otlp.proto.http import trace_exporter as http_spans
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.sdk._logs import ReadableLogRecord
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, TraceState

from apps.kit.batches import Batch
from apps.kit.wire import KEPT, attributes, number, part, text, value

_FIXED = Struct("<Q").pack
_TIMES = Struct("<BQBQ").pack
_FLAGS = Struct("<I").pack
_HAS_REMOTE, _IS_REMOTE = 0x100, 0x200
"""What a span's flags say of its parent (opentelemetry/proto/trace/v1, SpanFlags)."""


def lend() -> None:
    """From now on the SDK's exporters write with these."""
    for spans in (grpc_spans, http_spans):
        vars(spans)["encode_spans"] = encoded_spans
    for logs in (grpc_logs, http_logs):
        vars(logs)["encode_logs"] = encoded_lines


def encoded_spans(spans: Sequence[ReadableSpan] | Batch) -> ExportTraceServiceRequest:
    data = spans.data if isinstance(spans, Batch) else written_spans(spans)
    made: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(data)
    return made


def encoded_lines(
    lines: Sequence[ReadableLogRecord] | Batch,
) -> ExportLogsServiceRequest:
    data = lines.data if isinstance(lines, Batch) else written_lines(lines)
    made: ExportLogsServiceRequest = ExportLogsServiceRequest.FromString(data)
    return made


def written_spans(spans: Sequence[ReadableSpan]) -> bytes:
    return _grouped(spans, _span)


def written_lines(lines: Sequence[ReadableLogRecord]) -> bytes:
    return _grouped(lines, _line)


def _grouped(told: Iterable[Any], encode: Callable[[Any], bytes]) -> bytes:
    """By who tells and with which library; there is one of the first, few of the other."""
    scopes: dict[tuple[int, int], tuple[Any, list[bytes]]] = {}
    for each in told:
        key = id(each.resource), id(each.instrumentation_scope)
        if key not in scopes:
            scopes[key] = each, []
        scopes[key][1].append(part(0x12, encode(each)))
    resources: dict[int, tuple[Any, list[bytes]]] = {}
    for each, parts in scopes.values():
        by = resources.setdefault(id(each.resource), (each.resource, []))
        by[1].append(part(0x12, _scope(each.instrumentation_scope, parts)))
    return b"".join(
        part(0x0A, _resource(who, parts)) for who, parts in resources.values()
    )


def _resource(resource: Any, parts: list[bytes]) -> bytes:
    who = part(0x0A, attributes(0x0A, resource.attributes))
    return who + b"".join(parts) + text(0x1A, resource.schema_url)


def _scope(scope: Any, parts: list[bytes]) -> bytes:
    if scope is None:
        return b"\x0a\x00" + b"".join(parts)
    named = text(0x0A, scope.name) + text(0x12, scope.version)
    named += attributes(0x1A, scope.attributes)
    return part(0x0A, named) + b"".join(parts) + text(0x1A, scope.schema_url)


def _span(span: ReadableSpan) -> bytes:
    context, parent = span.context, span.parent
    told = [
        b"\x0a\x10%b\x12\x08%b"
        % (context.trace_id.to_bytes(16), context.span_id.to_bytes(8)),
        _state(context.trace_state) if context.trace_state else b"",
        b"\x22\x08" + parent.span_id.to_bytes(8) if parent else b"",
        _named(span.name, span.kind),
        _TIMES(0x39, span.start_time or 0, 0x41, span.end_time or 0),
        attributes(0x4A, span.attributes),
    ]
    if span.events or span.links or span.dropped_attributes:
        told.append(_more(span))
    if span.status.is_unset:
        told.append(b"\x7a\x00")
    else:
        told.append(part(0x7A, _status(span.status)))
    told.append(b"\x85\x01" + _FLAGS(_remote(parent)))
    return b"".join(told)


def _more(span: ReadableSpan) -> bytes:
    """What few spans have."""
    told = number(0x50, span.dropped_attributes)
    told += b"".join(part(0x5A, _event(event)) for event in span.events)
    told += number(0x60, span.dropped_events)
    told += b"".join(part(0x6A, _link(link)) for link in span.links)
    return told + number(0x70, span.dropped_links)


@lru_cache(maxsize=KEPT)
def _named(name: str, kind: SpanKind) -> bytes:
    return text(0x2A, name) + bytes((0x30, kind.value + 1))


def _state(state: TraceState) -> bytes:
    return text(0x1A, ",".join(f"{key}={value}" for key, value in state.items()))


def _event(event: Event) -> bytes:
    told = b"\x09" + _FIXED(event.timestamp) + text(0x12, event.name)
    told += attributes(0x1A, event.attributes)
    return told + number(0x20, event.dropped_attributes)


def _link(link: Link) -> bytes:
    context = link.context
    told = b"\x0a\x10" + context.trace_id.to_bytes(16)
    told += b"\x12\x08" + context.span_id.to_bytes(8)
    told += attributes(0x22, link.attributes)
    told += number(0x28, link.dropped_attributes)
    return told + b"\x35" + _FLAGS(_remote(context))


def _status(status: Status) -> bytes:
    return text(0x12, status.description) + number(0x18, status.status_code.value)


def _remote(context: SpanContext | None) -> int:
    return _HAS_REMOTE | (_IS_REMOTE if context and context.is_remote else 0)


def _line(line: ReadableLogRecord) -> bytes:
    record, severity = line.log_record, line.log_record.severity_number
    told = [
        b"\x09" + _FIXED(record.timestamp) if record.timestamp else b"",
        number(0x10, severity.value) if severity else b"",
        text(0x1A, record.severity_text),
        part(0x2A, value(record.body)),
        attributes(0x32, record.attributes),
        number(0x38, line.dropped_attributes),
        b"\x45" + _FLAGS(int(record.trace_flags)) if record.trace_flags else b"",
        b"\x4a\x10" + record.trace_id.to_bytes(16) if record.trace_id else b"",
        b"\x52\x08" + record.span_id.to_bytes(8) if record.span_id else b"",
        b"\x59" + _FIXED(record.observed_timestamp or 0),
        text(0x62, record.event_name),
    ]
    return b"".join(told)
