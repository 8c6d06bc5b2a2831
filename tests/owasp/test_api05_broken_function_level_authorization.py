"""API5:2023. Every operation takes a token, and a token with its scope.

The operations are read from the documents: a new route is tried as soon as it is there.
"""

import pytest

from apps.kit.auth import SCOPES

from .operations import all_operations

OPEN = {
    "gateway POST /oauth/token": "it is where tokens come from",
    "gateway GET /.well-known/jwks.json": "public keys are public",
    "notifications POST /demo/webhooks": "its signature is its proof",
    "backoffice POST /ops/alerts": "it takes a key that Alertmanager alone has",
}
"""What takes no token, and why."""

OPERATIONS = all_operations()
GUARDED = [each for each in OPERATIONS if each.scopes is not None]


def asked(caller, operation):
    return caller.asks(operation.method, operation.filled, json=operation.example)


def test_all_but_a_few_operations_take_a_token():
    unguarded = {str(each) for each in OPERATIONS if each.scopes is None}

    assert unguarded == set(OPEN)


def test_every_operation_takes_a_scope_that_there_is():
    for operation in GUARDED:
        assert operation.scopes, str(operation)
        assert operation.scopes <= SCOPES.keys(), str(operation)


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_without_a_token_nothing_is_done(stranger, operation):
    refused = asked(stranger(operation.service), operation)

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert refused.json()["code"] == "unauthenticated"


@pytest.mark.parametrize("operation", GUARDED, ids=str)
def test_without_the_scope_nothing_is_done(minted, operation):
    every_other = SCOPES.keys() - operation.scopes

    refused = asked(minted(operation.service, every_other), operation)

    assert refused.status_code == 403
    assert "insufficient_scope" in refused.headers["www-authenticate"]
    assert refused.json()["code"] == "forbidden"


@pytest.mark.parametrize(
    "operation", [each for each in GUARDED if each.method == "GET"], ids=str
)
def test_the_scope_alone_is_enough_to_look(minted, operation):
    answer = asked(minted(operation.service, operation.scopes), operation)

    assert answer.status_code not in {401, 403}


@pytest.mark.parametrize("client", ["m-01", "till"])
@pytest.mark.parametrize(
    "path", sorted({each.path for each in GUARDED if "/ops/" in each.path})
)
def test_no_client_but_the_house_operates(gateway, client, path):
    """Whatever the gateway makes of the path, it does not do it."""
    outward = path if path.startswith("/api/") else f"/api/v1{path}"

    for method in ("GET", "POST", "PUT", "DELETE"):
        answer = gateway(client).asks(method, outward.format(**PARTS), json={})
        assert answer.status_code in {403, 404, 405}, (method, outward)


PARTS = {
    "payment_id": "01a20324-2230-70f7-8019-4a6680b375b3",
    "step": "capture",
    "name": "bank",
    "letter_id": "1",
    "instance": "payments-1",
    "service": "payments",
}
