"""Who calls, and what he may do: a bearer token (RFC 6750), read anew in every service.

A route says what it takes: `caller: Annotated[Caller, may("payments:read")]`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fastapi import Request, Security
from fastapi.openapi.models import OAuthFlowClientCredentials, OAuthFlows
from fastapi.security import SecurityScopes
from fastapi.security.oauth2 import OAuth2

from apps.kit.errors import Forbidden, Unauthenticated

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


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a token that is good."""

    client_id: str
    scopes: frozenset[str]
    merchant_id: str | None = None
    """Whose payments are his; None is one of the house, who acts for every merchant."""

    def acts_for(self, merchant_id: str) -> bool:
        return self.merchant_id in {None, merchant_id}


class Tokens(Protocol):
    """Reads tokens; what a service does not have, it lets nobody in by."""

    async def caller(self, token: str) -> Caller:
        """Raises Unauthenticated, in the same words whatever is wrong with it."""
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
        tokens: Tokens | None = request.app.state.tokens
        if tokens is None:
            raise Unauthenticated("Nobody is let in here.")
        caller = await tokens.caller(bearer(request.headers.getlist("authorization")))
        permit(caller, needed.scopes)
        return caller


def may(*scopes: str) -> Any:
    """The caller, who has these scopes."""
    return Security(_bearer, scopes=scopes)


def bearer(headers: Sequence[str]) -> str:
    """The token of the one Authorization header; Unauthenticated without."""
    scheme, _, token = (headers[0] if len(headers) == 1 else "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated(
            "Send Authorization: Bearer <token>; make token prints one."
        )
    return token


def permit(caller: Caller, scopes: Sequence[str]) -> None:
    """Raises Forbidden unless he has them all (RFC 6750, 3.1)."""
    if not caller.scopes.issuperset(scopes):
        wanted = " ".join(scopes)
        problem = Forbidden(f"The token needs the scope {wanted}.")
        said = f'Bearer error="insufficient_scope", scope="{wanted}"'
        problem.headers = {"WWW-Authenticate": said}
        raise problem


_bearer = Bearer()
