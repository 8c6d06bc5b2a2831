"""The client for calls between services: httpx's face, aiohttp's sockets.

docs/decisions/0004-httpx-on-aiohttp.md says why, with figures.
"""

import time
from functools import lru_cache
from typing import Any

import httpx
from httpx import USE_CLIENT_DEFAULT

from apps.kit.balancing import BROKEN, Replica, Replicas
from apps.kit.calling import DURATION, TracedTransport
from apps.kit.sockets import Sockets

__all__ = ["DURATION", "ServiceClient", "TracedTransport", "client"]

KEPT_IDLE_S = 4.0
"""Shorter than our servers keep an idle connection (`service.HEADERS_WITHIN_MS`): a
request is never sent into a socket that the other side is closing."""


REPEATABLE = frozenset({"GET", "HEAD"})
"""Methods that may be sent twice; others may with an Idempotency-Key alone."""

PLAIN = frozenset({"content", "json", "headers"})
"""What makes a request by itself; anything else httpx is asked to mind."""

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout)
"""There never was a connection: nobody has heard the request, whatever it is."""


class ServiceClient(httpx.AsyncClient):
    """A client that a service starts and stops with its other parts."""

    replicas = Replicas("nobody", "")
    """Whom it asks; a directory may feed them."""

    async def request(
        self, method: str, url: httpx.URL | str, **said: Any
    ) -> httpx.Response:
        """A path is asked of the service at once: what httpx would look for around it
        (cookies, redirects, headers of its own) is nowhere here.
        """
        plain = {name: said[name] for name in said.keys() & PLAIN}
        is_path = isinstance(url, str) and url.startswith("/")
        if not is_path or any(_says(said[name]) for name in said.keys() - PLAIN):
            return await super().request(method, url, **said)
        request = httpx.Request(method, _joined(self.base_url, str(url)), **plain)
        request.extensions = {"timeout": self.timeout.as_dict()}
        if self.auth is None:
            return await self.once(request)
        return await self._proven(request, self.auth)

    async def _proven(self, request: httpx.Request, auth: httpx.Auth) -> httpx.Response:
        """Sent with what shows who we are; again, if that is asked for anew."""
        flow = auth.async_auth_flow(request)
        try:
            asked = await anext(flow)
            while True:
                answer = await self.once(asked)
                try:
                    asked = await flow.asend(answer)
                except StopAsyncIteration:
                    return answer
        finally:
            await flow.aclose()

    async def once(self, request: httpx.Request) -> httpx.Response:
        """Send it as it is: nothing is added, no redirect followed, no cookie kept."""
        request.extensions = {"timeout": self.timeout.as_dict(), **request.extensions}
        answer = await self._transport.handle_async_request(request)
        answer.request = request
        return answer

    async def start(self) -> None:
        """It connects when it is first asked."""

    async def stop(self) -> None:
        await self.aclose()

    async def is_ready(self) -> bool:
        """What it calls may be away; that is another service's readiness."""
        return True


def client(
    name: str, base_url: str, *, timeout_s: float, reads: bool = True
) -> ServiceClient:
    """Make a client of the service `name`: each call told, and cut at `timeout_s`.

    Several URLs, with commas between them, are its replicas; none: whoever is named.
    A stranger's body need not be read: one without end would fill our memory.
    """
    limits = httpx.Limits(max_connections=100, keepalive_expiry=KEPT_IDLE_S)
    inner = Sockets(limits, are_ours=reads)
    traced = TracedTransport(name, inner, timeout_s, reads=reads)
    if not base_url:
        return ServiceClient(timeout=timeout_s, transport=traced)
    replicas = Replicas(name, base_url)
    transport = BalancedTransport(replicas, traced, timeout_s)
    front = f"http://{name}"
    made = ServiceClient(base_url=front, timeout=timeout_s, transport=transport)
    made.replicas = replicas
    return made


class BalancedTransport(httpx.AsyncBaseTransport):
    """Sends each request to one replica; to a second one where that does no harm:
    the first was never connected to, or was broken off and the request may come twice.

    A request to any other address than the service's name goes there, and counts for none.
    """

    def __init__(
        self, replicas: Replicas, inner: TracedTransport, timeout_s: float
    ) -> None:
        self._replicas = replicas
        self._inner = inner
        self._timeout_s = timeout_s

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host != self._replicas.service:
            return await self._inner.handle_async_request(request)
        begun = time.monotonic()
        first = self._replicas.pick()
        try:
            return await self._send(request, first, self._timeout_s)
        except BROKEN as fault:
            left = self._timeout_s - (time.monotonic() - begun)
            if left <= 0 or not _may_go_over(request, fault):
                raise
            if not self._replicas.may_repeat(first):
                raise
        second = self._replicas.pick(besides=first)
        return await self._send(request, second, left, after=first)

    async def _send(
        self,
        request: httpx.Request,
        replica: Replica,
        timeout_s: float,
        after: Replica | None = None,
    ) -> httpx.Response:
        _address(request, replica.url)
        asked = self._replicas.asked(replica, after)
        facts: dict[str, str | int] = {"peer.replica": replica.name}
        if after:
            facts["http.request.resend_count"] = 1
        return await self._inner.attempt(request, timeout_s, facts, asked)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _may_go_over(request: httpx.Request, fault: httpx.TransportError) -> bool:
    """Nobody heard it, or it may be sent twice; a body read as it goes is gone."""
    is_repeatable = request.method in REPEATABLE or "idempotency-key" in request.headers
    may = isinstance(fault, UNSENT) or is_repeatable
    return may and isinstance(request.stream, httpx.ByteStream)


def _says(value: object) -> bool:
    return value is not None and value is not USE_CLIENT_DEFAULT


@lru_cache(maxsize=256)
def _joined(base: httpx.URL, path: str) -> httpx.URL:
    """The same few paths are asked again and again, and a URL is dear to read."""
    return httpx.URL(f"{base.scheme}://{base.netloc.decode()}{path}")


@lru_cache(maxsize=256)
def _at(url: httpx.URL, to: httpx.URL) -> httpx.URL:
    return url.copy_with(scheme=to.scheme, host=to.host, port=to.port)


def _address(request: httpx.Request, to: httpx.URL) -> None:
    request.url = _at(request.url, to)
    request.headers["host"] = to.netloc.decode()
