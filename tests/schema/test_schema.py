"""Every service answers what its document says, to whatever is sent."""

import pytest

from tests.stack.stack import SERVICES

from .hammering import CASES, hammered, operations

UNHELD = {"POST /demo/webhooks"}


@pytest.fixture(scope="module", params=SERVICES)
def asked(request, stack, bent):
    """A service, what its document promises, and what came of asking it."""
    with stack.service(request.param) as face:
        document = face.json("/openapi.json")
        outcome = hammered(document, face.url, "payscope-demo", bent)
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


def test_every_operation_was_reached(asked):
    """It answered as it does when all is well, at least once."""
    document, outcome = asked

    assert [
        name
        for name in operations(document)
        if not any(status < 300 for status in outcome.seen(name))
    ] == []
