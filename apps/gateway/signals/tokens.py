"""What is told of the tokens that are asked for."""

from apps.kit.signals import tell

from ..domain.clients import Granted, OAuthError


def issued(grant: Granted) -> None:
    """A client has a new token; the token itself is nobody's to see."""
    client = grant.client
    facts = {"enduser.id": client.client_id, "merchant.id": client.merchant_id}
    tell("token.issued", facts)


def denied(error: OAuthError) -> None:
    """Whatever name was sent is a stranger's text, and stays untold."""
    tell("token.denied", {"oauth.error": error}, audit=True)
