"""What of a request is too much, or too slow: refused before it fills our memory."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit import errors

HEADERS_LIMIT = 32 * 1024
"""Largest sum of header names and values, in bytes. Far more than that, or more than
100 headers, and the server itself answers 431, without a body."""

TARGET_LIMIT = 4 * 1024
"""Longest path and query, decoded; our longest have some two hundred characters."""

BODY_WITHIN_S = 5.0
"""A client that drips its body is cut off so long after its headers, in seconds."""


class Bodies:
    """Refuses a request that is too much, and says so when it hangs up.

    A connection with unread bytes is closed, and whoever used it again would fall.
    """

    def __init__(
        self, app: ASGIApp, limit: int, within_s: float = BODY_WITHIN_S
    ) -> None:
        self._app = app
        self._limit = limit
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = faulty(scope, self._limit)
        if is_empty(scope) and problem is None:
            return await self._app(scope, receive, send)
        is_unread = True
        ends = asyncio.get_running_loop().time() + self._within_s

        async def heard() -> Message:
            nonlocal is_unread
            if not is_unread:
                return await receive()  # waits for the client to go away
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408) from None
            if message["type"] == "http.disconnect":
                raise HTTPException(errors.ClientGone.status)
            is_unread = bool(message.get("more_body", False))
            return message

        async def answer(message: Message) -> None:
            if is_unread and message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"connection", b"close")]
            await send(message)

        app = errors.refuse(problem) if problem else self._app
        return await app(scope, heard, answer)


def faulty(scope: Scope, limit: int) -> errors.Problem | None:
    """What the headers alone tell; nothing was read yet."""
    headers = scope.get("headers", ())
    if len(scope.get("path", "")) + len(scope.get("query_string", b"")) > TARGET_LIMIT:
        return errors.UriTooLong()
    if sum(len(name) + len(value) for name, value in headers) > HEADERS_LIMIT:
        return errors.HeadersTooLarge()
    named = dict(headers)
    length = named.get(b"content-length", b"0")
    if length.isdigit() and int(length) > limit:
        return errors.PayloadTooLarge()
    if named.get(b"content-encoding", b"identity").lower() != b"identity":
        return errors.UnsupportedMediaType("Send the body uncompressed.")
    return None


def is_empty(scope: Scope) -> bool:
    """No body follows these headers."""
    headers = dict(scope.get("headers", ()))
    is_none = headers.get(b"content-length", b"0") == b"0"
    return is_none and b"transfer-encoding" not in headers


async def gathered(receive: Receive, limit: int) -> Receive:
    """Waits for the body, as far as it may be read, and gives it again in one piece.

    Whoever drips it is told so by `Bodies`, and held nothing meanwhile that others need:
    no place, and of the body its bytes alone, however many pieces they come in.
    """
    body, rest = bytearray(), list[Message]()
    is_whole = is_late = False
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            while len(body) <= limit and not (is_whole or rest):
                message = await receive()
                if message["type"] == "http.disconnect":
                    rest.append(message)
                body += message.get("body", b"")
                is_whole = not (rest or message.get("more_body", False))
    except TimeoutError:
        is_late = True
    if body or is_whole:
        piece = {"type": "http.request", "body": bytes(body), "more_body": not is_whole}
        rest.insert(0, piece)
    body.clear()

    async def heard() -> Message:
        if rest:
            return rest.pop(0)
        if is_late:
            raise TimeoutError
        return await receive()

    return heard
