"""Who attacks, and with what: real tokens of the demo's clients, and minted ones."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from native import tokens
from tests.stack.minting import Mint
from tests.stack.stack import SERVICES

from .asking import Caller

At = Callable[..., Caller]


@pytest.fixture(scope="session")
def mint(stack) -> Mint:
    return Mint.of(stack.instance)


@pytest.fixture(scope="session")
def gateway(stack) -> At:
    """A caller at the gateway, with the token of one of its clients."""

    def at(client_id: str) -> Caller:
        return Caller(stack.gateway.url, tokens.token(stack.gateway.url, client_id))

    return at


@pytest.fixture(scope="session")
def m_01(gateway) -> Caller:
    return gateway("m-01")


@pytest.fixture(scope="session")
def m_02(gateway) -> Caller:
    return gateway("m-02")


@pytest.fixture(scope="session")
def minted(stack, mint) -> At:
    """A caller at a service's own port, or at the gateway, with a minted token."""

    def at(service: str, scopes: Iterable[str], **claims: Any) -> Caller:
        return Caller(url_of(stack, service), mint.token(scopes, **claims))

    return at


@pytest.fixture(scope="session")
def stranger(stack) -> At:
    """A caller without a token, or with any text for one."""

    def at(service: str, token: str | None = None) -> Caller:
        return Caller(url_of(stack, service), token)

    return at


@pytest.fixture(scope="session")
def documents(stack) -> dict[str, dict[str, Any]]:
    """The OpenAPI document that each service shows."""
    return {name: stack.ask(name, "/openapi.json") for name in SERVICES}


def url_of(stack, service: str) -> str:
    return str(stack.ports.url(f"{service.upper()}_PORT"))
