"""One SERVER span, one duration and one TraceID header for each HTTP request.

Stable HTTP semantic conventions. Leaner than the ready-made middlewares by half:
docs/decisions/0003-lean-server-span.md has the measurement.
"""

import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    format_trace_id,
    get_current_span,
)
from opentelemetry.trace.propagation.tracecontext import (
    TraceContextTextMapPropagator,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit import baggage, deadlines
from apps.kit.masking import bounded, masked
from apps.kit.methods import METHODS
from apps.kit.signals import Histogram, failed, started

PROBES = frozenset({"/startupz", "/livez", "/readyz"})

STATE_LIMIT = 512
"""Longest `tracestate` and `baggage` that go on, in characters: what W3C asks for."""

CARRIED = frozenset({"tracestate", "baggage"})

PATH_LIMIT = 512
HOST_LIMIT = 255
"""Longest path and name that are told, in characters; ours have some sixty."""

DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(
    r"(?:\[(?P<ipv6>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]*))(?::(?P<port>[0-9]{0,5}))?"
)

W3C = TraceContextTextMapPropagator()

Trusts = Callable[[Scope], Awaitable[bool]]
"""Whether the trace of who sent this request goes on here."""

DURATION = Histogram(
    "http.server.request.duration",
    unit="s",
    about="Duration of HTTP server requests.",
    by=(
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "url.scheme",
        "error.type",
    ),
)


class ServerTelemetry:
    """Wraps a whole ASGI app; probes pass untold.

    Inside, every caller's trace goes on. At the door `trusts` says whose does: any
    other's is linked to, and a new one begins, for ours are not his to write in.
    """

    def __init__(self, app: ASGIApp, trusts: Trusts | None = None) -> None:
        self._app = app
        self._trusts = trusts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        headers = _joined(scope["headers"])
        facts = _asked(scope, headers)
        with deadlines.begun(headers.get(deadlines.HEADER.lower())):
            origin, along = await self._origin(scope, _harmless(headers))
            with (
                baggage.carried(along) as journey,
                started(
                    str(facts["http.request.method"]),
                    SpanKind.SERVER,
                    attributes={**facts, **journey},
                    **origin,
                ) as span,
            ):
                await self._told(span, facts, scope, receive, send)
        return None

    async def _origin(
        self, scope: Scope, headers: Mapping[str, str]
    ) -> tuple[dict[str, Any], str | None]:
        """What the span comes of, its parent or a link, and the baggage that goes on."""
        if self._trusts is None:
            context = propagate.extract(headers, Context())
            return {"context": context}, headers.get(baggage.HEADER)
        past = W3C.extract(headers, Context())
        before = get_current_span(past).get_span_context()
        if before.is_valid and await self._trusts(scope):
            return {"context": past}, headers.get(baggage.HEADER)
        known = SpanContext(before.trace_id, before.span_id, True, before.trace_flags)
        links = [Link(known)] if known.is_valid else []
        return {"context": Context(), "links": links}, None

    async def _told(
        self,
        span: Span,
        facts: dict[str, str | int],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        begun = time.perf_counter()
        answered: dict[str, str | int] = {}
        trace = format_trace_id(span.get_span_context().trace_id).encode()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["http.response.status_code"] = message["status"]
                message["headers"] = [*message["headers"], (b"trace-id", trace)]
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as fault:  # noqa: BLE001  (answered with 500 by kit/errors.py)
            failed(span, fault)
            answered["error.type"] = type(fault).__qualname__
        facts |= answered | _route(scope)
        _close(span, facts)
        DURATION.record(time.perf_counter() - begun, facts)


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """A name sent twice has both values (RFC 9110, 5.3): two traceparents are none."""
    found: dict[str, str] = {}
    for key, value in headers:
        name, text = key.decode("latin-1"), value.decode("latin-1")
        found[name] = f"{found[name]},{text}" if name in found else text
    return found


def _harmless(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What a context carries goes to every service and span: no card number does."""
    if not headers.keys() & CARRIED:
        return headers
    return {
        name: text
        for name, text in headers.items()
        if name not in CARRIED or (len(text) <= STATE_LIMIT and masked(text) == text)
    }


def _asked(scope: Scope, headers: Mapping[str, str]) -> dict[str, str | int]:
    method = scope["method"] if scope["method"] in METHODS else "_OTHER"
    host, port = _named(headers.get("host", ""))
    return {
        "http.request.method": method,
        "url.scheme": scope["scheme"],
        "url.path": bounded(scope["path"], PATH_LIMIT),
        "server.address": host,
        "server.port": port or DEFAULT_PORTS.get(scope["scheme"], 80),
        "network.protocol.version": scope.get("http_version", "1.1"),
    }


@lru_cache(maxsize=256)
def _named(host: str) -> tuple[str, int]:
    """The name and the port of a Host header, 0 without; strangers write it."""
    found = _HOST.fullmatch(host)
    port = int(found["port"] or 0) if found else 0
    if found is None or port > 65_535:
        return bounded(host, HOST_LIMIT), 0
    return bounded(found["ipv6"] or found["name"] or "", HOST_LIMIT), port


def _route(scope: Scope) -> dict[str, str | int]:
    """The route's template: a closed set, where the path is not."""
    path = getattr(scope.get("route"), "path", None)
    return {"http.route": path} if path else {}


def _close(span: Span, facts: Mapping[str, str | int]) -> None:
    status = int(facts.get("http.response.status_code", 500))
    told: dict[str, str | int] = {"http.response.status_code": status}
    if route := facts.get("http.route"):
        told["http.route"] = route
        span.update_name(f"{facts['http.request.method']} {route}")
    span.set_attributes(told)
    if status >= 500:
        span.set_status(Status(StatusCode.ERROR))
