"""A service's own token for what it asks of others (RFC 6749, client credentials)."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass

import httpx
from pydantic import BaseModel, SecretStr, ValidationError

from apps.kit import http
from apps.kit.jobs import Every
from apps.kit.signals import Facts, tell

Issue = Callable[[], Awaitable[bytes]]
"""The issuer's answer to our credentials; raises httpx.HTTPError."""

RENEWED_AT = 0.8
"""The part of a token's life after which the next one is asked for."""

PAUSE_S = 1.0
"""Between two tries, and between two tokens: others that refuse each one of ours must
not have us ask for them without end."""

TENDED_EVERY_S = 2.0
TOLD_AT = 2
ISSUE_S = 1.0


class IssuerAway(httpx.ConnectError):
    """Without a token nothing was sent: the service was not reached."""


class Issued(BaseModel):
    """What is read of the issuer's answer (RFC 6749, 5.1)."""

    access_token: SecretStr
    expires_in: float


@dataclass(frozen=True, slots=True)
class Held:
    """A token, and until when, by our own clock."""

    token: str
    renewed_at: float
    ends_at: float


class Credentials(httpx.Auth):
    """Puts our token on each request: `client.auth = credentials`.

    A part of the service that has it: started, it renews the token unasked.
    """

    def __init__(
        self, issue: Issue, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._issue = issue
        self._elapsed = elapsed
        self._held: Held | None = None
        self._tried_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None
        self._failures = 0
        self._tending = Every("auth.token", TENDED_EVERY_S, self._tend, at_once=True)

    async def start(self) -> None:
        """From now on a token is there before it is needed."""
        await self._tending.start()

    async def stop(self) -> None:
        await self._tending.stop()
        if self._asking:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)

    async def is_ready(self) -> bool:
        """The issuer may be away; that is another's readiness."""
        return True

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Refused once, it is tried once more with another token, if there is one.

        A token is waited for half of the request's time: the rest is for its answer.
        """
        within_s = _half(request)
        token = await self.token(within_s)
        request.headers["Authorization"] = f"Bearer {token}"
        answer = yield request
        if answer.status_code != 401:
            return
        another = await self._another(token, within_s)
        if another != token:
            request.headers["Authorization"] = f"Bearer {another}"
            yield request

    async def token(self, within_s: float | None = None) -> str:
        """One that is good; raises IssuerAway if there is none in time."""
        held = self._valid()
        if held is None:
            await self._renewed(within_s)
            held = self._valid()
        elif self._elapsed() >= held.renewed_at:
            self._renew()
        if held is None:
            raise IssuerAway("no token, for their issuer is away")
        return held.token

    async def _another(self, refused: str, within_s: float | None) -> str:
        """What others no longer take may have been signed by a key that is gone."""
        held = self._valid()
        if held is None or held.token == refused:
            await self._renewed(within_s)
            held = self._valid()
        return held.token if held else refused

    async def _tend(self) -> None:
        held = self._valid()
        if held is None or self._elapsed() >= held.renewed_at:
            await self._renewed()

    def _valid(self) -> Held | None:
        held = self._held
        return held if held and self._elapsed() < held.ends_at else None

    async def _renewed(self, within_s: float | None = None) -> None:
        if asking := self._renew():
            with suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await asyncio.shield(asking)

    def _renew(self) -> asyncio.Task[None] | None:
        """The asking under way, or a new one; none where the last was just now.

        It belongs to no request: it has a trace, and a time, of its own.
        """
        if self._asking is None and self._elapsed() - self._tried_at >= PAUSE_S:
            self._tried_at = self._elapsed()
            self._asking = asyncio.create_task(self._once(), context=Context())
        return self._asking

    async def _once(self) -> None:
        asked_at = self._elapsed()
        try:
            issued = Issued.model_validate_json(await self._issue())
        except (httpx.HTTPError, ValidationError) as fault:
            self._failed(fault)
        else:
            life, token = issued.expires_in, issued.access_token.get_secret_value()
            self._held = Held(token, asked_at + RENEWED_AT * life, asked_at + life)
            self._failures = 0
            tell("auth.token_issued", {"auth.token_life": life})
        finally:
            self._asking = None

    def _failed(self, fault: Exception) -> None:
        """Told once, until a token comes again; the first may be of a common start."""
        self._failures += 1
        if self._failures == TOLD_AT:
            facts: Facts = {"error.type": type(fault).__qualname__}
            tell("auth.token_unissued", facts, level="warning")


def _half(request: httpx.Request) -> float | None:
    """Half of the time that the request has to find a connection."""
    timeout = request.extensions.get("timeout", {}).get("pool")
    return timeout / 2 if timeout is not None else None


def credentials(token_url: str, client_id: str, secret: SecretStr) -> Credentials:
    """Those of this client, at that issuer: so seldom that no connection is kept."""
    proof = httpx.BasicAuth(client_id, secret.get_secret_value())

    async def issue() -> bytes:
        async with http.client("gateway", "", timeout_s=ISSUE_S) as client:
            form = {"grant_type": "client_credentials"}
            answer = await client.post(token_url, data=form, auth=proof)
            answer.raise_for_status()
            return answer.content

    return Credentials(issue)
