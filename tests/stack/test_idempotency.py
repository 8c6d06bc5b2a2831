"""The same order sent again, through the gateway, to the real stack."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from native.gateway import order


def send(stack, key, amount=15_000, **changes):
    return stack.gateway.send(
        json=order(amount, **changes), headers={"Idempotency-Key": key}
    )


def test_sent_again_the_answer_is_the_same(stack):
    key = uuid4().hex
    first, again = send(stack, key), send(stack, key)

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Trace-Id"] != first.headers["Trace-Id"]


def test_another_order_under_the_key_is_refused(stack):
    key = uuid4().hex
    send(stack, key)

    answer = send(stack, key, amount=15_001)

    assert answer.status_code == 422
    assert answer.json()["code"] == "idempotency-key-reused"


def test_many_at_once_are_one_payment(stack):
    key = uuid4().hex
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: send(stack, key), range(8)))

    given = [answer for answer in answers if answer.status_code == 201]
    waiting = [answer for answer in answers if answer.status_code != 201]
    assert len({answer.content for answer in given}) == 1
    for answer in waiting:
        assert answer.json()["code"] == "idempotency-in-flight"
        assert answer.headers["Retry-After"] == "1"


@pytest.mark.parametrize("key", ["", "short"])
def test_an_order_needs_a_key(stack, key):
    answer = send(stack, key)

    assert answer.status_code == 400
    assert answer.json()["code"].startswith("idempotency-key-")
