"""The merchants' endpoints: strangers, told once per attempt, cut off in time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

import httpx
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from apps.kit.http import ServiceClient

from .domain.notification import Answer, Delivery
from .domain.signing import Secret, headers

KNOWN = 1_000
"""So many merchants' secrets and addresses are kept in memory as they were made out."""


class Secrets:
    """Each merchant's secret follows from one key (HKDF, RFC 5869); no table has one."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.of = lru_cache(maxsize=KNOWN)(self._derived)

    def _derived(self, merchant_id: str) -> Secret:
        name = merchant_id.encode(errors="surrogatepass")  # JSON can escape halves
        info = b"payscope webhook secret " + name
        return Secret(HKDF(SHA256(), length=32, salt=None, info=info).derive(self._key))


_address = lru_cache(maxsize=KNOWN)(httpx.URL)


class HttpMerchants:
    """Merchants over HTTP. A redirect is not followed: nobody signed for elsewhere."""

    def __init__(self, http: ServiceClient, secret_of: Callable[[str], Secret]) -> None:
        self._http = http
        self._secret_of = secret_of

    async def tell(self, delivery: Delivery, at: datetime) -> Answer:
        """Send a notification, signed; silence and refusals are answers, too."""
        told = delivery.notification
        body, secret = told.body.encode(), self._secret_of(told.merchant_id)
        sent = {
            "content-type": "application/json",
            "user-agent": "payscope-webhooks/1",
            **headers(secret, str(told.event_id), at, body),
        }
        url = _address(delivery.url)
        request = httpx.Request("POST", url, content=body, headers=sent)
        begun = time.perf_counter()
        try:
            answer = await self._http.once(request)
        except httpx.HTTPError as silence:
            spent = time.perf_counter() - begun
            return Answer(at, spent, error=type(silence).__name__)
        spent = time.perf_counter() - begun
        asked = retry_after(answer.headers.get("retry-after", ""), at)
        return Answer(at, spent, answer.status_code, retry_after_s=asked)


def retry_after(asked: str, at: datetime) -> float:
    """Seconds that a merchant asks for, as such or as a date (RFC 9110, 10.2.3).

    Anything else asks for nothing: a sign, a fraction, a date that is over.
    """
    if asked.isascii() and asked.isdigit():
        return float(asked)
    try:
        until = parsedate_to_datetime(asked)
    except (ValueError, OverflowError):
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max((until - at).total_seconds(), 0.0)
