"""Who calls, and what he may do: a bearer token (RFC 6750), read anew in every service.

A route says what it takes: `caller: Annotated[Caller, may("payments:read")]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import SecurityScopes
from fastapi.security.oauth2 import OAuth2
from opentelemetry import trace

from apps.kit import baggage
from apps.kit.errors import DependencyUnavailable, Forbidden, Problem, Unauthenticated
from apps.kit.signals import Counter, Facts, tell

SCOPES = {
    "payments:write": "Pay, capture, void, refund",
    "payments:read": "Look at payments",
    "merchant:read": "A merchant's dashboard and balance",
    "ref:read": "Terminals and masked cards",
    "audit:read": "All that happened to a payment",
    "fraud:read": "What fraud thinks of a card",
    "fraud:assess": "Have a card assessed",
    "bank:read": "Authorisations at the bank",
    "bank:write": "Hold, capture, reverse at the bank",
    "notifications:read": "What merchants were told",
    "ops": "Breakers, dead letters, projections, stuck steps",
    "trace:continue": "Continue a trace from outside instead of linking to it",
}

DECISIONS = Counter(
    "auth.decisions",
    unit="{request}",
    about="Who was let in and who was not, by what was wrong.",
    by=("auth.outcome", "auth.reason"),
)


class Reason(StrEnum):
    """What is wrong with a token: for our telemetry, never for who sent it."""

    MISSING = "missing"
    MALFORMED = "malformed"
    TOO_LONG = "too_long"
    ALGORITHM = "algorithm"
    KEY = "unknown_key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    EXPIRED = "expired"
    NOT_YET = "not_yet"
    CLAIMS = "claims"
    SCOPE = "scope"
    KEYS_AWAY = "keys_away"
    OTHER = "other"


class Refused(Unauthenticated):
    """Not let in; all are answered alike, so that nobody learns how far he came."""

    def __init__(self, why: Reason) -> None:
        super().__init__("Send Authorization: Bearer <token>; make token prints one.")
        self.why = why


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a token that is good."""

    client_id: str
    scopes: frozenset[str]
    merchant_id: str | None = None
    """Whose payments are his; None is one of the house, who acts for every merchant."""

    @property
    def actor(self) -> str:
        """How audit trails name him; our own jobs are `job:…` there."""
        return f"client:{self.client_id}"

    def acts_for(self, merchant_id: str) -> bool:
        return self.merchant_id in {None, merchant_id}


class Tokens(Protocol):
    """Reads tokens; what a service does not have, it lets nobody in by."""

    async def caller(self, token: str) -> Caller:
        """Raises Unauthenticated, in the same words whatever is wrong with it.

        Empty is the token of whoever sent none.
        """
        ...


class Bearer(OAuth2):
    """Lets in who has every scope that the route needs."""

    def __init__(self) -> None:
        where = OAuthFlowClientCredentials(tokenUrl="/oauth/token", scopes=SCOPES)
        super().__init__(
            flows=OAuthFlows(clientCredentials=where), scheme_name="bearer"
        )

    async def __call__(  # type: ignore[override]
        self, request: Request, needed: SecurityScopes
    ) -> Caller:
        headers = request.headers.getlist("authorization")
        return await let_in(request.app.state.tokens, headers, needed.scopes)


def may(*scopes: str) -> Any:
    """The caller, who has these scopes."""
    return Security(_bearer, scopes=scopes)


async def let_in(
    tokens: Tokens | None, headers: Sequence[str], scopes: Sequence[str]
) -> Caller:
    """Who sent these Authorization headers; told on the span, and counted."""
    try:
        if tokens is None:
            raise Refused(Reason.KEYS_AWAY)
        caller = await tokens.caller(bearer(headers))
        known(caller)
        permit(caller, scopes)
    except (Unauthenticated, Forbidden, DependencyUnavailable) as refusal:
        _told(refusal)
        raise
    DECISIONS.add({"auth.outcome": "allowed"})
    return caller


def known(caller: Caller) -> None:
    """Name the caller on the current span."""
    facts = {"enduser.id": caller.client_id, "merchant.id": caller.merchant_id}
    told = {key: value for key, value in facts.items() if value is not None}
    trace.get_current_span().set_attributes(told)
    if caller.merchant_id:
        baggage.name(caller.merchant_id)


def bearer(headers: Sequence[str]) -> str:
    """The token of the one Authorization header, empty without: who reads tokens says
    no to that too, and counts it."""
    scheme, _, token = (headers[0] if len(headers) == 1 else "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def permit(caller: Caller, scopes: Sequence[str]) -> None:
    """Raises Forbidden unless he has them all (RFC 6750, 3.1)."""
    if not caller.scopes.issuperset(scopes):
        wanted = " ".join(scopes)
        problem = Forbidden(f"The token needs the scope {wanted}.")
        said = f'Bearer error="insufficient_scope", scope="{wanted}"'
        problem.headers = {"WWW-Authenticate": said}
        raise problem


def _told(refusal: Problem) -> None:
    why = getattr(refusal, "why", Reason.OTHER)
    if isinstance(refusal, Forbidden):
        why = Reason.SCOPE
    elif isinstance(refusal, DependencyUnavailable):
        why = Reason.KEYS_AWAY
    facts: Facts = {"auth.outcome": "refused", "auth.reason": why}
    tell("auth.refused", facts, count=DECISIONS, audit=True)


_bearer = Bearer()
