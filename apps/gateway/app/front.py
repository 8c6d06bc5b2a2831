"""In front of everything: what cannot be done is refused before it costs anything.

No span is begun for a refusal; the shedder counts it, and says when it began and ended.
A request counts from when its body is here: who drips one holds no place that others need.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit.bodies import faulty, gathered, is_empty
from apps.kit.errors import Overloaded, body_of
from apps.kit.server import PROBES
from apps.kit.service import BODY_LIMIT
from apps.kit.shedding import Shedder

Pairs = list[tuple[bytes, bytes]]

COMMON: Pairs = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"server", b"payscope"),
]
NOTHING = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
PAGES = frozenset({"/docs", "/redoc"})
PAGE = (
    b"content-security-policy",
    b"default-src 'none'; connect-src 'self'; worker-src blob:; "
    b"script-src 'unsafe-inline' https://cdn.jsdelivr.net; "
    b"style-src 'unsafe-inline' https://cdn.jsdelivr.net https://fonts.googleapis.com; "
    b"font-src https://fonts.gstatic.com; "
    b"img-src data: https://cdn.jsdelivr.net https://cdn.redoc.ly "
    b"https://fastapi.tiangolo.com; frame-ancestors 'none'",
)
UNKEPT = (b"cache-control", b"no-store")
"""Unless an answer says itself for how long, and by whom, it may be kept."""
ASKED_ANEW = (b"cache-control", b"private, no-cache")
"""It has an ETag: it may be kept, and is asked for again each time."""

OPERATORS = "/api/v1/ops/"
"""Whose places are few, and their own."""

FULL = body_of(Overloaded("Send it again a little later."))
HANGS_UP = (b"connection", b"close")
DRAINED_WITHIN_S = 0.5
"""So long the body of a refused request may take; then the connection is closed."""


class Front:
    """Wraps the whole face: sheds, and puts on each answer what keeps it safe."""

    def __init__(self, app: ASGIApp, shedder: Shedder) -> None:
        self._app = app
        self._shedder = shedder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        kept = [*COMMON, PAGE if scope["path"] in PAGES else NOTHING]

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *kept]
                _limit_keeping(message["headers"])
            await send(message)

        if scope["path"] in PROBES:
            return await self._app(scope, receive, answer)
        if not is_empty(scope) and faulty(scope, BODY_LIMIT) is None:
            receive = await gathered(receive, BODY_LIMIT)
        is_operator = scope["path"].startswith(OPERATORS)
        try:
            place = self._shedder.place(is_operator=is_operator)
        except Overloaded:
            return await _refuse(scope, receive, send)
        return await place.answers(self._app, scope, receive, answer)


def _limit_keeping(headers: Pairs) -> None:
    names = {name for name, _value in headers}
    if b"cache-control" not in names:
        headers.append(ASKED_ANEW if b"etag" in names else UNKEPT)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    """The same bytes each time; a body is read first, or its bytes were a next request."""
    headers = REFUSAL if await _is_drained(scope, receive) else [*REFUSAL, HANGS_UP]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": FULL})


async def _is_drained(scope: Scope, receive: Receive) -> bool:
    if is_empty(scope):
        return True
    try:
        async with asyncio.timeout(DRAINED_WITHIN_S):
            return not (await receive()).get("more_body", False)
    except TimeoutError:
        return False


REFUSAL: Pairs = [
    (b"content-type", b"application/problem+json"),
    (b"content-length", str(len(FULL)).encode()),
    (b"retry-after", str(Overloaded.retry_after_s).encode()),
    *COMMON,
    NOTHING,
    UNKEPT,
]
