"""Who gets in: a browser that calls us by our name, and pages that are our own.

A page of a stranger could open our websocket, or give our address a name of his own (DNS
rebinding): the till would pay for him.
"""

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ASSETS = ("/_nicegui", "/static/")
"""Files, and the websocket that the pages live on: told by no span each."""

SAFE = frozenset({"GET", "HEAD"})
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'"
    " 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; frame-ancestors 'none';"
    " base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
"""Vue compiles templates in the browser, hence eval; nothing is fetched from elsewhere."""

_TOLD = [(name.lower().encode(), said.encode()) for name, said in HEADERS.items()]


class Door:
    """An ASGI app in front of all: our files go straight to the pages, the rest is told."""

    def __init__(
        self, told: ASGIApp, pages: ASGIApp, names: str, refused: Callable[[], None]
    ) -> None:
        self._refused = refused
        self._told = told
        self._pages = pages
        self._names = frozenset(name.strip() for name in names.split(","))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._told(scope, receive, send)
        if not self._may_enter(scope):
            self._refused()
            return await _refuse(scope, receive, send)
        is_asset = scope["type"] == "websocket" or scope["path"].startswith(ASSETS)
        app = self._pages if is_asset else self._told
        return await app(scope, receive, _hardened(send))

    def _may_enter(self, scope: Scope) -> bool:
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if _name(host) not in self._names:
            return False
        origin = headers.get(b"origin", b"").decode("latin-1")
        is_safe = scope["type"] == "http" and scope["method"] in SAFE
        if not origin:
            return is_safe
        return bool(urlsplit(origin).netloc == host)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        return await send({"type": "websocket.close", "code": 1008})
    refusal = PlainTextResponse("Not by this name, nor from that page.\n", 403)
    return await refusal(scope, receive, send)


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _hardened(send: Send) -> Send:
    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_TOLD]
        await send(message)

    return answer
