"""The issuer's public keys (RFC 7517): fetched, kept, and kept on when he is away."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from contextvars import Context

import httpx
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from apps.kit import http
from apps.kit.errors import DependencyUnavailable
from apps.kit.jobs import Every
from apps.kit.signals import Facts, Gauge, tell

Fetch = Callable[[], Awaitable[bytes]]
"""The issuer's key set as it is served; raises httpx.HTTPError."""

Keys = Mapping[str, RSAKey]

RENEWED_AFTER_S = 240.0
"""From this age on keys are fetched anew, in the background: none that the issuer can
serve is older than five minutes."""

KEPT_S = 12 * 3600.0
"""How long keys serve while the issuer is away: a key that he withdrew meanwhile is
believed so long."""

ASKED_EVERY_S = 10.0
"""Keys that we do not know make us ask this often at most, whoever invents them."""

TENDED_EVERY_S = 2.0
TOLD_AT = 2
"""The failure in a row that is told: the first is usual where all start at once."""

FETCH_S = 1.0
LARGEST = 64 * 1024
WEAKEST_BITS = 2048

AGE = Gauge(
    "auth.keys_age",
    unit="s",
    about="How long ago the issuer's keys were last fetched.",
)


class KeyRing:
    """The keys; whoever needs a fetch waits for the one that is under way."""

    def __init__(
        self, fetch: Fetch, elapsed: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._elapsed = elapsed
        self._keys: Keys = {}
        self._fetched_at = self._tried_at = float("-inf")
        self._fetching: asyncio.Task[None] | None = None
        self._failures = 0
        self._tending = Every("auth.keys", TENDED_EVERY_S, self.tend, at_once=True)

    async def start(self) -> None:
        await self._tending.start()

    async def stop(self) -> None:
        await self._tending.stop()
        if self._fetching:
            self._fetching.cancel()
            await asyncio.gather(self._fetching, return_exceptions=True)

    async def with_(self, id_: str) -> Keys:
        """All keys, looked for anew where this one is not among them.

        Raises DependencyUnavailable where there are none.
        """
        age = self._age()
        if id_ not in self._keys or age > KEPT_S:
            await self._renewed()
        elif age > RENEWED_AFTER_S:
            self._renew()
        if not self._keys or self._age() > KEPT_S:
            raise DependencyUnavailable("The keys that tokens are read by are away.")
        return self._keys

    async def tend(self) -> None:
        """Tell how old the keys are, and renew them before they are too old."""
        if self._age() > RENEWED_AFTER_S:
            await self._renewed()
        if self._keys:
            AGE.set(self._age(), {})

    def _age(self) -> float:
        return self._elapsed() - self._fetched_at

    async def _renewed(self) -> None:
        if fetching := self._renew():
            await asyncio.shield(fetching)

    def _renew(self) -> asyncio.Task[None] | None:
        """The fetch under way, or a new one; none where the last was just now.

        It belongs to no request: it has a trace, and a time, of its own.
        """
        if self._fetching is None and self._elapsed() - self._tried_at >= self._pause():
            self._tried_at = self._elapsed()
            self._fetching = asyncio.create_task(self._once(), context=Context())
        return self._fetching

    def _pause(self) -> float:
        return ASKED_EVERY_S if self._keys else 1.0

    async def _once(self) -> None:
        try:
            found = read(await self._fetch())
        except (httpx.HTTPError, ValueError) as fault:
            self._failed(fault)
        else:
            self._took(found)
        finally:
            self._fetching = None

    def _took(self, found: Keys) -> None:
        is_news = self._failures >= TOLD_AT or set(found) != set(self._keys)
        self._keys, self._fetched_at, self._failures = found, self._elapsed(), 0
        AGE.set(0, {})
        if is_news:
            tell("auth.keys_fetched", {"auth.keys": len(found)})

    def _failed(self, fault: Exception) -> None:
        """The keys we have serve on; told once, until they come again."""
        self._failures += 1
        if self._failures == TOLD_AT:
            facts: Facts = {
                "auth.keys": len(self._keys),
                "error.type": type(fault).__qualname__,
            }
            tell("auth.keys_unfetched", facts, level="warning")


def read(served: bytes) -> Keys:
    """The set's RSA keys for signatures; ValueError where there are none.

    A symmetric key has no place in a public set, and a weak one none anywhere.
    """
    if len(served) > LARGEST:
        raise ValueError("a key set without end")
    listed = json.loads(served)
    entries = listed.get("keys") if isinstance(listed, dict) else None
    found = [_key(each) for each in entries] if isinstance(entries, list) else []
    keys = {str(key.kid): key for key in found if key}
    if not keys:
        raise ValueError("a key set without a key")
    return keys


def _key(entry: object) -> RSAKey | None:
    if not isinstance(entry, dict) or entry.get("kty") != "RSA" or "d" in entry:
        return None
    if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    modulus = entry.get("n")
    if not isinstance(modulus, str) or len(modulus) * 6 < WEAKEST_BITS:
        return None
    try:
        key = RSAKey.import_key(entry)
    except (JoseError, ValueError, TypeError):
        return None
    return key if key.kid and key.public_key.key_size >= WEAKEST_BITS else None


def over_http(url: str) -> Fetch:
    """Fetch from there: so seldom that no connection is kept."""

    async def fetch() -> bytes:
        async with http.client("gateway", "", timeout_s=FETCH_S) as client:
            answer = await client.get(url)
            answer.raise_for_status()
            return answer.content

    return fetch
