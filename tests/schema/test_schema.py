"""Every service answers what its document says, to whatever is sent."""

import pytest

from tests.stack.stack import SERVICES

from .hammering import CASES, hammered, operations

UNREACHED = {
    "POST /demo/webhooks": "its signature is not made up by chance",
    "POST /oauth/token": "nor is a secret",
    "POST /ops/alerts": "nor is Alertmanager's key",
    "/ops/dlq/{letter_id}": "there are no dead letters",
    "/ops/steps/": "no step is stuck",
    "/merchants/me/": "who acts for every merchant is none",
}
"""What ends in a refusal here whatever is sent, and why; other tests reach it."""

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module", params=SERVICES)
def asked(request, stack, bent, token):
    """A service, what its document promises, and what came of asking it."""
    with stack.service(request.param) as face:
        document = face.json("/openapi.json")
        outcome = hammered(document, face.url, token, bent)
    return document, outcome


def test_no_answer_is_undocumented_or_an_error(asked):
    _document, outcome = asked

    assert outcome.faults == {}


def test_every_operation_was_asked_often_enough(asked):
    document, outcome = asked

    assert {
        name: outcome.answered[name]
        for name in operations(document)
        if outcome.answered[name] < CASES
    } == {}


def test_every_operation_was_reached_and_let_nobody_in_without_a_token(asked):
    document, outcome = asked
    reached = [name for name in operations(document) if not is_unreached(name)]

    assert reached
    for name in reached:
        assert any(status < 300 for status in outcome.seen(name)), name
        if name != "GET /.well-known/jwks.json":
            assert 401 in outcome.seen(name), name


def is_unreached(name):
    return any(part in name for part in UNREACHED)
