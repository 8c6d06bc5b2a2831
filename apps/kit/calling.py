"""One call to a service: one CLIENT span, one duration, cut off in time."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from urllib.parse import unquote_plus

import aiohttp
import httpx
from opentelemetry import propagate
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from apps.kit import baggage, deadlines
from apps.kit.masking import bounded
from apps.kit.signals import Histogram, failed, started

DURATION = Histogram(
    "http.client.request.duration",
    unit="s",
    about="Duration of HTTP client requests.",
    by=(
        "http.request.method",
        "http.response.status_code",
        "server.address",
        "server.port",
        "error.type",
    ),
    most=80,
)

NOTHING: Mapping[str, str | int] = {}

URL_LIMIT = 1024
"""Longest URL that is told, in characters."""

ANSWER_LIMIT = 8 * 1024 * 1024
"""Largest answer that is read, in bytes; ours have some kilobytes."""


class TracedTransport(httpx.AsyncBaseTransport):
    """A CLIENT span and a duration around each request, W3C context inside it."""

    def __init__(
        self,
        name: str,
        inner: httpx.AsyncBaseTransport,
        timeout_s: float,
        *,
        reads: bool = True,
    ) -> None:
        self._name = name
        self._inner = inner
        self._timeout_s = timeout_s
        self._finish = _whole if reads else _head

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await self.attempt(request, self._timeout_s)

    async def attempt(
        self,
        request: httpx.Request,
        timeout_s: float,
        more: Mapping[str, str | int] = NOTHING,
        around: AbstractContextManager[None] | None = None,
    ) -> httpx.Response:
        """Send it once; `more` goes on its span, and `around` sees what becomes of it."""
        facts: dict[str, str | int] = {
            "http.request.method": request.method,
            "server.address": request.url.host,
            "server.port": request.url.port or 80,
        }
        begun = time.perf_counter()
        with started(
            request.method,
            SpanKind.CLIENT,
            attributes={
                **facts,
                "url.full": _shown(request.url),
                "peer.service": self._name,
                **more,
            },
        ) as span:
            propagate.inject(request.headers)
            try:
                with around or nullcontext():
                    response = await self._send(request, timeout_s)
            except Exception as fault:
                failed(span, fault)
                facts["error.type"] = type(fault).__qualname__
                raise
            else:
                facts |= _answered(span, response.status_code)
                return response
            finally:
                DURATION.record(time.perf_counter() - begun, facts)

    async def _send(self, request: httpx.Request, timeout_s: float) -> httpx.Response:
        """Httpx limits each step; the whole, body included, is limited here."""
        request.headers.update({**deadlines.onward(), **baggage.onward()})
        cut_s = deadlines.cut(timeout_s)
        try:
            async with asyncio.timeout(cut_s):
                return await self._finish(
                    await self._inner.handle_async_request(request)
                )
        except httpx.ConnectTimeout as fault:
            raise _by_its_name(fault, request) from fault.__cause__
        except aiohttp.ClientError as nonsense:  # httpx-aiohttp lets some through
            said = type(nonsense).__name__
            raise httpx.RemoteProtocolError(said, request=request) from nonsense
        except TimeoutError as late:
            if cut_s < timeout_s:
                deadlines.exceeded(self._name)
            raise httpx.ReadTimeout("no answer in time", request=request) from late

    async def aclose(self) -> None:
        await self._inner.aclose()


def _by_its_name(
    fault: httpx.ConnectTimeout, request: httpx.Request
) -> httpx.TransportError:
    """Httpx-aiohttp calls a timeout to connect whatever befalls a connection.

    ConnectTimeout and ConnectError keep their word here: nothing was sent. What was
    broken off later may have been heard, and is a ReadError.
    """
    match fault.__cause__:
        case aiohttp.ServerTimeoutError():
            return fault
        case aiohttp.ClientConnectorError():
            return httpx.ConnectError(str(fault), request=request)
        case aiohttp.ClientConnectionError():
            return httpx.ReadError(str(fault), request=request)
    return fault


def _shown(url: httpx.URL) -> str:
    """Its query as people read it: a card number hides behind no encoding of spaces."""
    return bounded(unquote_plus(str(url)) if url.query else str(url), URL_LIMIT)


class _Ending(httpx.AsyncByteStream):
    """A body that breaks off where it becomes too large for us."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for piece in self._inner:
            size += len(piece)
            if size > ANSWER_LIMIT:
                raise httpx.RemoteProtocolError("an answer without an end")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()


async def _whole(response: httpx.Response) -> httpx.Response:
    """Read the body; what breaks off gives its connection back."""
    try:
        _bound(response)
        await response.aread()
    except BaseException:
        await response.aclose()
        raise
    return response


def _bound(response: httpx.Response) -> None:
    """None of ours is packed: what is could unfold into more than we hold."""
    if response.headers.get("content-encoding", "identity") != "identity":
        raise httpx.RemoteProtocolError("a packed answer")
    if isinstance(response.stream, httpx.AsyncByteStream):
        response.stream = _Ending(response.stream)


async def _head(response: httpx.Response) -> httpx.Response:
    """Status and headers alone; a body that still comes is hung up on."""
    await response.aclose()
    headers = {
        name: value
        for name, value in response.headers.items()
        if name not in {"content-encoding", "content-length", "transfer-encoding"}
    }
    return httpx.Response(response.status_code, headers=headers)


def _answered(span: Span, status: int) -> dict[str, str | int]:
    facts: dict[str, str | int] = {"http.response.status_code": status}
    if status >= 400:
        facts["error.type"] = str(status)
        span.set_status(Status(StatusCode.ERROR))
    span.set_attributes(facts)
    return facts
