"""Reads tokens: signed JWTs (RFC 7519, 9068) of one issuer, for one audience.

A token proves itself by one of the issuer's keys, which come over HTTP and are kept;
nothing that a token says of keys (`jku`, `x5u`, `jwk`) is looked at.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import RSAKey

from apps.kit import proven
from apps.kit.auth import Caller, Reason, Refused
from apps.kit.jwks import Fetch, KeyRing, Keys, over_http
from apps.kit.proven import Proven
from apps.kit.settings import ServiceSettings
from apps.kit.values import Clock, now

ALGORITHM = "RS256"
TYPE = "at+jwt"
LIMIT = 8 * 1024
"""Longest token that is looked at, in characters; ours have about 700."""

LEEWAY_S = 30
"""How far the clocks of issuer and reader may be apart."""

FAR_S = 1e15
"""No instant is further off, in seconds: a number of 400 digits is none."""

_RULES = jws.JWSRegistry(algorithms=[ALGORITHM])


@dataclass(frozen=True)
class Reader:
    """What a token must say, whoever holds the keys."""

    issuer: str
    audience: str
    clock: Clock = now

    def read(self, token: str, keys: Keys) -> Caller:
        """Raises Refused; the signature comes before all that it signs."""
        known = proven.known(token)
        if known and keys.get(known.kid) is known.key:
            return self.judged(known.claims)
        signed = opened(token)
        kid = key_id(signed)
        key = keys.get(kid)
        if key is None:
            raise Refused(Reason.KEY)
        claims = _verified(signed, key)
        proven.remember(token, Proven(kid, key, claims))
        return self.judged(claims)

    def judged(self, claims: Mapping[str, Any]) -> Caller:
        """The caller whom good claims name (signature and all)."""
        heard = claims.get("aud")
        if claims.get("iss") != self.issuer:
            raise Refused(Reason.ISSUER)
        if self.audience not in (heard if isinstance(heard, list) else [heard]):
            raise Refused(Reason.AUDIENCE)
        instant = self.clock().timestamp()
        if instant >= _seconds(claims, "exp") + LEEWAY_S:
            raise Refused(Reason.EXPIRED)
        begins = max(_seconds(claims, "nbf", 0), _seconds(claims, "iat", 0))
        if instant < begins - LEEWAY_S:
            raise Refused(Reason.NOT_YET)
        return _caller(claims)


class JwtTokens:
    """Reads tokens by keys that are fetched; a part that tends them."""

    def __init__(
        self, fetch: Fetch, issuer: str, audience: str, clock: Clock = now
    ) -> None:
        self._reader = Reader(issuer, audience, clock)
        self._keys = KeyRing(fetch)

    async def caller(self, token: str) -> Caller:
        """Raises DependencyUnavailable where there are no keys at all."""
        known = proven.known(token)
        kid = known.kid if known else key_id(opened(token))
        return self._reader.read(token, await self._keys.with_(kid))

    async def start(self) -> None:
        await self._keys.start()

    async def stop(self) -> None:
        await self._keys.stop()

    async def is_ready(self) -> bool:
        """The keys are another's; whoever comes before them is told to come again."""
        return True


@dataclass(frozen=True)
class KnownTokens:
    """Reads tokens by keys at hand, without a wait: for their issuer, and for tests."""

    reader: Reader
    keys: Keys

    def read(self, token: str) -> Caller:
        """Raises Refused."""
        return self.reader.read(token, self.keys)

    async def caller(self, token: str) -> Caller:
        return self.read(token)


def tokens_of(settings: ServiceSettings) -> JwtTokens:
    """What a service reads tokens by."""
    fetch = over_http(settings.jwks_url)
    return JwtTokens(fetch, settings.issuer, settings.audience)


def opened(token: str) -> jws.CompactSignature:
    """What the token claims to be, not yet believed."""
    if not token:
        raise Refused(Reason.MISSING)
    if len(token) > LIMIT:
        raise Refused(Reason.TOO_LONG)
    try:
        signed = jws.extract_compact(token.encode(), registry=_RULES)
        header = signed.headers()
        _RULES.check_header(header)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise Refused(Reason.MALFORMED) from None
    if header.get("alg") != ALGORITHM:
        raise Refused(Reason.ALGORITHM)
    if header.get("typ") != TYPE:
        raise Refused(Reason.MALFORMED)
    return signed


def key_id(signed: jws.CompactSignature) -> str:
    return str(signed.headers().get("kid", ""))


def _verified(signed: jws.CompactSignature, key: RSAKey) -> Mapping[str, Any]:
    try:
        good = jws.validate_compact(signed, key, registry=_RULES)
    except UnsupportedAlgorithmError:
        raise Refused(Reason.ALGORITHM) from None
    except JoseError:
        raise Refused(Reason.SIGNATURE) from None
    if not good:
        raise Refused(Reason.SIGNATURE)
    try:
        claims = json.loads(signed.payload)
    except (ValueError, RecursionError):
        raise Refused(Reason.MALFORMED) from None
    if not isinstance(claims, dict):
        raise Refused(Reason.MALFORMED)
    return claims


def _seconds(
    claims: Mapping[str, Any], name: str, default: float | None = None
) -> float:
    """A NumericDate; true is a number to Python, and Infinity to its JSON."""
    found = claims.get(name, default)
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not -FAR_S < found < FAR_S:
        raise Refused(Reason.CLAIMS)
    return float(found)


def _caller(claims: Mapping[str, Any]) -> Caller:
    """Whom the claims name; a merchant that is no name is nobody, not the house."""
    client, scope = claims.get("client_id"), claims.get("scope", "")
    merchant = claims.get("merchant_id")
    names = [client] if "merchant_id" not in claims else [client, merchant]
    if not all(isinstance(name, str) and name for name in names):
        raise Refused(Reason.CLAIMS)
    if not isinstance(scope, str):
        raise Refused(Reason.CLAIMS)
    return Caller(str(client), frozenset(scope.split()), merchant)
