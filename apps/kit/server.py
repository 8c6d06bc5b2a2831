"""One SERVER span, one duration and one TraceID header for each HTTP request.

Stable HTTP semantic conventions. Leaner than the ready-made middlewares by half:
docs/decisions/0003-lean-server-span.md has the measurement.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
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
    format_span_id,
    format_trace_id,
    get_current_span,
)
from opentelemetry.trace.propagation.tracecontext import (
    TraceContextTextMapPropagator,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit import baggage, deadlines, heads
from apps.kit.cards import is_card
from apps.kit.endings import Ending
from apps.kit.signals import Histogram, Level, failed, started

PROBES = frozenset({"/startupz", "/livez", "/readyz"})

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
    most=200,
)


class ServerTelemetry:
    """Wraps a whole ASGI app; probes pass untold.

    Inside, every caller's trace goes on. At the door `trusts` says whose does: any
    other's is linked to, and a new one begins, for ours are not his to write in.
    """

    def __init__(self, app: ASGIApp, trusts: Trusts | None = None) -> None:
        self._app = app
        self._trusts = trusts
        self._level: Level = "info" if trusts else "debug"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        headers = heads.joined(scope["headers"])
        facts = heads.asked(scope, headers)
        with deadlines.begun(headers.get(deadlines.HEADER.lower())):
            origin, along = await self._origin(scope, heads.harmless(headers))
            method, kind = str(facts["http.request.method"]), SpanKind.SERVER
            with (
                baggage.carried(along),
                started(method, kind, attributes=facts, **origin) as span,
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
            along = baggage.of_stranger(headers.get(baggage.HEADER))
            return {"context": past}, along
        known = SpanContext(before.trace_id, before.span_id, True, before.trace_flags)
        harmless = known.is_valid and not is_card(format_span_id(known.span_id))
        links = [Link(known)] if harmless else []
        return {"context": Context(), "links": links}, None

    async def _told(
        self,
        span: Span,
        facts: dict[str, str | int],
        scope: Scope,
        receive: Receive,
        send: Send,
    ) -> None:
        began = time.perf_counter()
        answered: dict[str, str | int] = {}
        trace = format_trace_id(span.get_span_context().trace_id).encode()

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered["http.response.status_code"] = message["status"]
                message["headers"] = [*message["headers"], (b"trace-id", trace)]
            await send(message)

        with Ending(self._level) as ending:
            try:
                await self._app(scope, receive, answer)
            except Exception as fault:  # noqa: BLE001  (answered with 500 by kit/errors.py)
                failed(span, fault)
                answered["error.type"] = type(fault).__qualname__
        facts |= answered | _route(scope)
        _close(span, facts)
        DURATION.record(took_s := time.perf_counter() - began, facts)
        ending.tell(facts, took_s)


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
