"""One SERVER span, one duration and one TraceID header for each HTTP request.

Stable HTTP semantic conventions. Leaner than the ready-made middlewares by half:
docs/decisions/0003-lean-server-span.md has the measurement.
"""

import time
from collections.abc import Iterable, Mapping

from opentelemetry import propagate
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, format_trace_id
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit import deadlines, errors
from apps.kit.masking import masked
from apps.kit.methods import METHODS
from apps.kit.signals import Histogram, failed, started

PROBES = frozenset({"/startupz", "/livez", "/readyz"})

HEADERS_LIMIT = 32 * 1024
"""Largest sum of header names and values, in bytes. Far more than that, or more than
100 headers, and the server itself answers 431, without a body."""

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
    """Wraps a whole ASGI app; probes pass untold."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        headers = _joined(scope["headers"])
        facts = _asked(scope, headers)
        with (
            deadlines.begun(headers.get(deadlines.HEADER.lower())),
            started(
                str(facts["http.request.method"]),
                SpanKind.SERVER,
                context=propagate.extract(_harmless(headers)),
                attributes=facts,
            ) as span,
        ):
            await self._told(span, facts, scope, receive, send)
        return None

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
        _close(span, facts | answered, scope)
        DURATION.record(time.perf_counter() - begun, facts | answered | _route(scope))


class Bodies:
    """Refuses a request that is too much, and says so when it hangs up.

    A connection with unread bytes is closed, and whoever used it again would fall.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = self._faulty(scope)
        headers = dict(scope.get("headers", ()))
        is_empty = headers.get(b"content-length", b"0") == b"0"
        if is_empty and b"transfer-encoding" not in headers and problem is None:
            return await self._app(scope, receive, send)
        is_unread = True

        async def heard() -> Message:
            nonlocal is_unread
            message = await receive()
            is_unread = bool(message.get("more_body", False))
            return message

        async def answer(message: Message) -> None:
            if is_unread and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        app = errors.refuse(problem) if problem else self._app
        return await app(scope, heard, answer)

    def _faulty(self, scope: Scope) -> errors.Problem | None:
        """What the headers alone tell; nothing was read yet."""
        headers = scope.get("headers", ())
        if sum(len(name) + len(value) for name, value in headers) > HEADERS_LIMIT:
            return errors.HeadersTooLarge()
        named = dict(headers)
        length = named.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._limit:
            return errors.PayloadTooLarge()
        if named.get(b"content-encoding", b"identity").lower() != b"identity":
            return errors.UnsupportedMediaType("Send the body uncompressed.")
        return None


def _joined(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """A name sent twice has both values (RFC 9110, 5.3): two traceparents are none."""
    found: dict[str, str] = {}
    for key, value in headers:
        name, text = key.decode("latin-1"), value.decode("latin-1")
        found[name] = f"{found[name]},{text}" if name in found else text
    return found


def _harmless(headers: Mapping[str, str]) -> Mapping[str, str]:
    """What a context carries goes to every service and span: no card number does."""
    return {
        name: text
        for name, text in headers.items()
        if name not in {"tracestate", "baggage"} or masked(text) == text
    }


def _asked(scope: Scope, headers: Mapping[str, str]) -> dict[str, str | int]:
    method = scope["method"] if scope["method"] in METHODS else "_OTHER"
    host, _, port = headers.get("host", "").partition(":")
    return {
        "http.request.method": method,
        "url.scheme": scope["scheme"],
        "url.path": masked(scope["path"]),
        "server.address": masked(host),
        "server.port": int(port) if port.isdigit() else 80,
        "network.protocol.version": scope.get("http_version", "1.1"),
    }


def _route(scope: Scope) -> dict[str, str | int]:
    """The route's template: a closed set, where the path is not."""
    path = getattr(scope.get("route"), "path", None)
    return {"http.route": path} if path else {}


def _close(span: Span, facts: Mapping[str, str | int], scope: Scope) -> None:
    route = _route(scope)
    status = facts.get("http.response.status_code", 500)
    span.set_attributes({**route, "http.response.status_code": status})
    if route:
        span.update_name(f"{facts['http.request.method']} {route['http.route']}")
    if int(status) >= 500:
        span.set_status(Status(StatusCode.ERROR))
