"""A payment's whole story on the real servers, from any of its traces."""

import pytest

from native.backends import until
from native.findings import find_story
from tests.stack.cards import card, fresh_card

TITLES = [
    "captured by the merchant",
    "refunded by the merchant",
    "the bank is told of the capture",
    "settled in a batch",
]


def events(stack, payment_id):
    found = stack.gateway.json(f"/api/v1/payments/{payment_id}/events")["events"]
    return {event["type"]: event["trace_id"] for event in found}


def move(stack, payment_id, what, amount):
    path = f"/api/v1/payments/{payment_id}/{what}"
    answer = stack.gateway.send(path=path, json={"amount": amount})
    assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
def lived(stack):
    """A payment that was captured and partly given back by hand, and settled by itself."""
    mine = card(fresh_card())
    answer = stack.gateway.pay(15_000, card=mine, capture="manual")
    payment_id = answer.json()["payment_id"]
    move(stack, payment_id, "captures", 10_000)
    move(stack, payment_id, "refunds", 4_000)
    until(lambda: "PaymentSettled" in events(stack, payment_id), within=100, every=1)
    return payment_id


@pytest.fixture(scope="module")
def story(stack, lived):
    """Told once Tempo and Loki have all of it."""
    return until(
        lambda: find_story(stack.ports, lived),
        lambda told: (
            told is not None
            and len(told.later) >= len(TITLES)
            and all(each.spans and each.lines for each in told.chapters)
        ),
        within=40,
        every=1,
    )


def test_all_that_became_of_a_payment_is_told_in_order(stack, lived, story):
    titles = [each.title for each in story.later]
    begun = [each.begun for each in story.chapters]

    assert sorted(titles) == sorted(TITLES)
    assert titles[-1] == "settled in a batch"
    assert titles.index("captured by the merchant") < titles.index(
        "refunded by the merchant"
    )
    assert begun == sorted(begun)
    assert set(events(stack, lived).values()) <= {each.trace for each in story.chapters}
    assert story.missing == ()


def test_of_the_batch_nothing_is_told_of_other_payments(lived, story):
    named = {
        span.attributes["payment.id"]
        for each in story.later
        for span in each.spans
        if "payment.id" in span.attributes
    }

    assert named == {lived}


def test_a_later_trace_leads_to_the_same_story(stack, lived, story):
    later = next(
        each for each in story.later if each.title == "refunded by the merchant"
    )

    told = find_story(stack.ports, later.trace)

    assert told.id == lived
    assert [each.trace for each in told.chapters] == [
        each.trace for each in story.chapters
    ]
