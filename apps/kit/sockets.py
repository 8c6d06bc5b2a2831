"""Httpx's requests over aiohttp's sockets, without what neither is asked for here.

No cookie is kept, no header added that says who we are, and an answer whose length is
known is read in one piece. Faults are httpx-aiohttp's.
"""

import httpx
from aiohttp import (
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from httpx_aiohttp import AiohttpTransport
from httpx_aiohttp.transport import AiohttpResponseStream, map_aiohttp_exceptions

UNADDED = ("Accept", "Accept-Encoding", "User-Agent")
"""Headers that say nothing to our own services."""

PIECE = 1024 * 1024
"""An answer up to so many bytes comes in one piece; ours have some kilobytes."""


class Sockets(AiohttpTransport):
    """Connections that last, to services of ours or to strangers."""

    def __init__(self, limits: httpx.Limits, *, are_ours: bool) -> None:
        super().__init__(limits=limits)
        self._are_ours = are_ours

    def get_client(self) -> ClientSession:
        """Made when it is first asked, for it belongs to the loop that runs then."""
        if isinstance(self.client, ClientSession):
            return self.client
        connector = TCPConnector(
            limit=self.limits.max_connections or 0,
            keepalive_timeout=self.limits.keepalive_expiry,
            ssl=self.ssl_context,
        )
        unadded = UNADDED if self._are_ours else ()
        jar = DummyCookieJar()
        self.client = ClientSession(
            connector=connector, cookie_jar=jar, skip_auto_headers=unadded
        )
        return self.client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if not self._are_ours or not isinstance(request.stream, httpx.ByteStream):
            return await super().handle_async_request(request)
        within = request.extensions.get("timeout", {})
        with map_aiohttp_exceptions():
            answer = await self.get_client().request(
                request.method,
                str(request.url),
                headers=request.headers,
                data=request.content or None,
                allow_redirects=False,
                auto_decompress=False,
                timeout=ClientTimeout(
                    sock_connect=within.get("connect"),
                    sock_read=within.get("read"),
                    connect=within.get("pool"),
                ),
            )
            body = await answer.read() if _is_short(answer) else None
        stream = AiohttpResponseStream(answer) if body is None else None
        return httpx.Response(
            answer.status,
            headers=answer.raw_headers,
            content=body,
            stream=stream,
            request=request,
            extensions={"http_version": b"HTTP/1.1"},
        )


def _is_short(answer: ClientResponse) -> bool:
    """Its length is known, and nothing in it unfolds into more."""
    length = answer.content_length
    return (
        length is not None
        and length <= PIECE
        and "Content-Encoding" not in answer.headers
    )
