"""Parts are stopped, frozen and killed; payments go on, and everything comes back."""

import time

import pytest

from native.backends import Unanswered, until
from native.evidence import whole
from tests.stack.cards import card, fresh_card
from tests.stack.stack import (
    ANSWER_WITHIN_S,
    HEALS_WITHIN_S,
    HEARERS,
    SERVICES,
    STANDS_IN,
    TOO_MUCH,
    WITH_DATABASE,
    decided,
    seen_for,
    timed,
)

FLOOR = 5_000


def answers(stack, name):
    """The process answers for itself."""
    if name in SERVICES:
        return stack.is_ready(name)
    return stack.supervisor.process(name).is_running


@pytest.fixture(scope="module", autouse=True)
def well(stack):
    """Whatever happened here, the next module finds the stack well."""
    yield
    stack.heal()


@pytest.mark.parametrize(
    ("amount", "verdict"), [(15_000, STANDS_IN), (25_000, TOO_MUCH)]
)
def test_a_bank_that_hangs_counts_as_silent_in_time(stack, amount, verdict):
    with stack.frozen("bank"):
        answer, seconds = timed(stack.pay_with_fresh_card, amount)

    assert decided(answer) == verdict
    assert seconds < ANSWER_WITHIN_S


def test_when_the_bank_is_back_it_decides_again(stack):
    with stack.without("bank"):
        assert decided(stack.pay_with_fresh_card(15_000)) == STANDS_IN

    assert decided(stack.gateway.pay(15_000)) == ("authorised", "ACCEPTED", "bank")


@pytest.mark.parametrize("name", [*SERVICES, "postgres", "nats"])
def test_what_is_killed_comes_back_and_pays(stack, name):
    before = stack.supervisor.pid(name)

    stack.supervisor.kill(name)
    begun = time.monotonic()

    def left():
        return max(0.1, HEALS_WITHIN_S - (time.monotonic() - begun))

    until(
        lambda: stack.supervisor.pid(name),
        lambda pid: pid not in {None, before},
        within=left(),
    )
    until(lambda: answers(stack, name), within=left())
    until(stack.pays, within=left())
    paid = stack.gateway.pay(FLOOR, card=card(fresh_card())).json()
    for hearer, path in (
        ("fraud", f"/fraud/cards/{paid['card']['token']}"),
        ("backoffice", f"/payments/{paid['payment_id']}"),
        ("notifications", f"/notifications?payment_id={paid['payment_id']}"),
    ):
        until(lambda hearer=hearer, path=path: stack.ask(hearer, path), within=20)


def test_what_was_paid_without_nats_is_heard_once_when_it_is_back(stack):
    mine = card(fresh_card())

    with stack.without("nats"):
        paid = [stack.gateway.pay(FLOOR, card=mine) for _ in range(3)]
        assert [answer.status_code for answer in paid] == [201] * 3
        token = paid[0].json()["card"]["token"]
        assert stack.counted(token) == 0

    until(lambda: stack.counted(token), lambda count: count >= 3, within=30)
    assert seen_for(3, lambda: stack.counted(token)) == [3]


def test_what_is_heard_late_is_still_one_trace(stack):
    with stack.without("nats"):
        answer = stack.gateway.pay()

    def is_told(spans):
        heard = {span.service for span in spans if span.kind == "CONSUMER"}
        return whole(spans, SERVICES) and heard >= set(HEARERS)

    assert until(
        lambda: stack.backends.tempo.trace(answer.headers["Trace-Id"]),
        is_told,
        within=30,
    )


def test_an_event_delivered_again_counts_once(stack):
    """Fraud is killed while events come in: what it had not confirmed comes again."""
    mine = card(fresh_card())
    paid = [stack.gateway.pay(FLOOR, card=mine) for _ in range(5)]
    stack.supervisor.kill("fraud")
    paid += [stack.gateway.pay(FLOOR, card=mine) for _ in range(5)]
    token = paid[0].json()["card"]["token"]

    until(lambda: stack.counted(token), lambda count: count >= 10, within=40)

    assert seen_for(3, lambda: stack.counted(token)) == [10]


def test_payments_do_not_notice_that_the_collector_is_away(stack):
    with stack.without("otelcol"):
        end = time.monotonic() + 5
        rounds = []
        while time.monotonic() < end:
            rounds.append(timed(stack.gateway.pay, FLOOR))
            time.sleep(0.1)

    assert {answer.status_code for answer, _ in rounds} == {201}
    assert sorted(seconds for _, seconds in rounds)[len(rounds) // 2] < 0.5
    assert max(seconds for _, seconds in rounds) < ANSWER_WITHIN_S
    last = rounds[-1][0].headers["Trace-Id"]
    until(
        lambda: stack.backends.tempo.trace(last),
        lambda spans: whole(spans, {"gateway", "payments"}),
        within=40,
    )


@pytest.mark.parametrize("service", WITH_DATABASE)
def test_no_service_lost_its_database(stack, service):
    assert until(lambda: stack.is_ready(service))


@pytest.mark.parametrize("part", ["payments", "postgres"])
def test_without_what_a_payment_needs_the_answer_is_503_in_time(stack, part):
    with stack.without(part):
        answer, seconds = timed(stack.gateway.pay, FLOOR)

    assert_no_answer(answer, 503)
    assert seconds < ANSWER_WITHIN_S


def test_when_payments_hangs_the_answer_is_504_in_time(stack):
    with stack.frozen("payments"):
        answer, seconds = timed(stack.gateway.pay, FLOOR)

    assert_no_answer(answer, 504)
    assert seconds < ANSWER_WITHIN_S


def assert_no_answer(answer, status):
    """A problem that says when to come back, and where its trace is."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["trace_id"] == answer.headers["Trace-Id"]
    assert answer.json()["retryable"] is True
    assert int(answer.headers["Retry-After"]) >= 1


def test_without_the_gateway_there_is_no_answer(stack):
    with stack.without("gateway"), pytest.raises(Unanswered):
        stack.gateway.pay(FLOOR)
