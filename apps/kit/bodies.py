"""What of a request is too much, or too slow: refused before it fills our memory."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit import errors

HEADERS_LIMIT = 32 * 1024
"""Largest sum of header names and values, in bytes. Far more than that, or more than
100 headers, and the server itself answers 431, without a body."""

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
    """Waits for the body, as far as it may be read, and gives it again.

    Whoever drips it is told so by `Bodies`, and held nothing meanwhile that others need.
    """
    messages: list[Message] = []
    size, is_late = 0, False
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            while size <= limit:
                messages.append(message := await receive())
                size += len(message.get("body", b""))
                if not message.get("more_body", False):
                    break
    except TimeoutError:
        is_late = True

    async def heard() -> Message:
        if messages:
            return messages.pop(0)
        if is_late:
            raise TimeoutError
        return await receive()

    return heard
