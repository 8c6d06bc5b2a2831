"""When a merchant is told again, and how it knows that it was us."""

import hmac
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.notifications.domain.notification import (
    JITTER,
    Answer,
    Schedule,
    State,
    after,
    notification_id,
)
from apps.notifications.domain.receiver import KEPT, Receiver
from apps.notifications.domain.signing import Secret, Verdict, headers, verdict
from apps.notifications.events import notification

from .fakes import NOW, SECRETS, authorised

SCHEDULE = Schedule((5, 30, 120, 600, 3600))
NEW = notification(authorised(), "M-01/webhook", NOW, None)

# The vector that the Standard Webhooks libraries are tested with.
WRITTEN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, TIMESTAMP = "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
THEN = datetime.fromtimestamp(int(TIMESTAMP), UTC)
SENT = {
    "webhook-id": ID,
    "webhook-timestamp": TIMESTAMP,
    "webhook-signature": SIGNATURE,
}


def answers(*said):
    return [Answer(NOW, 0.5, each) for each in said]


@pytest.mark.parametrize(
    ("failures", "waits"), [(1, 5), (2, 30), (3, 120), (4, 600), (5, 3600), (6, None)]
)
def test_each_failure_waits_longer_and_the_sixth_is_the_last(failures, waits):
    told = NEW
    for answer in answers(*[500] * failures):
        told = after(told, answer, SCHEDULE, 0.5)

    assert told.attempt == failures
    if waits is None:
        assert (told.state, told.next_at) == (State.DEAD, None)
    else:
        assert told.state is State.FAILED
        assert told.next_at == NOW + timedelta(seconds=0.5 + waits)


@pytest.mark.parametrize("chance", [0.0, 0.25, 0.5, 0.999])
def test_a_wait_strays_a_little_and_no_more(chance):
    wait = SCHEDULE.wait(4, chance)

    assert wait == timedelta(seconds=600 * (1 + JITTER * (2 * chance - 1)))
    assert timedelta(seconds=480) <= wait <= timedelta(seconds=720)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(status):
    (answer,) = answers(status)

    told = after(NEW, answer, SCHEDULE, 0.5)

    assert (told.state, told.attempt, told.next_at) == (State.DELIVERED, 1, None)


@pytest.mark.parametrize("status", [199, 301, 302, 307, 400, 401, 404, 429, 500, 503])
def test_everything_else_is_tried_again(status):
    (answer,) = answers(status)

    assert after(NEW, answer, SCHEDULE, 0.5).state is State.FAILED


def test_who_is_gone_is_told_no_more():
    (answer,) = answers(410)

    assert after(NEW, answer, SCHEDULE, 0.5).state is State.DEAD


def test_no_answer_is_a_failure():
    silence = Answer(NOW, 5.0, error="ReadTimeout")

    told = after(NEW, silence, SCHEDULE, 0.5)

    assert (told.state, silence.status_class) == (State.FAILED, "none")
    assert told.next_at == NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("asked", "waits"),
    [(1, 5), (60, 60), (1e9, 3600), (1e20, 3600), (inf, 3600), (-1e20, 5)],
)
def test_a_merchant_may_ask_for_patience_but_not_for_ever(asked, waits):
    answer = Answer(NOW, 0, 503, retry_after_s=asked)

    told = after(NEW, answer, SCHEDULE, 0.5)

    assert told.next_at == NOW + timedelta(seconds=waits)


@given(st.lists(st.sampled_from([None, 200, 404, 410, 500]), max_size=12))
def test_a_notification_ends_once_and_in_time(said):
    told, made = NEW, 0
    for status in said:
        if told.state in {State.DELIVERED, State.DEAD}:
            break
        told, made = after(told, Answer(NOW, 0, status), SCHEDULE, 0.1), made + 1

    assert told.attempt == made <= len(SCHEDULE.delays_s) + 1
    assert (told.next_at is None) == (told.state in {State.DELIVERED, State.DEAD}) or (
        made == 0
    )


def test_the_same_event_for_the_same_endpoint_is_the_same_notification():
    again = notification(authorised(), "M-01/webhook", NOW, "00-x")

    assert again.id == NEW.id == notification_id(NEW.event_id, "M-01/webhook")
    assert notification(authorised(), "other", NOW, None).id != NEW.id
    assert again.body == NEW.body


def test_a_webhook_is_signed_as_the_standard_says():
    secret = Secret.of(WRITTEN)

    assert headers(secret, ID, THEN, BODY) == SENT
    assert secret.written() == WRITTEN


def test_an_independent_hmac_comes_to_the_same_signature():
    key = b64decode(WRITTEN.removeprefix("whsec_"))
    content = f"{ID}.{TIMESTAMP}.".encode() + BODY
    mac = b64encode(hmac.new(key, content, "sha256").digest()).decode()

    assert f"v1,{mac}" == SIGNATURE


@pytest.mark.parametrize(
    ("change", "body", "late_s", "found"),
    [
        ({}, BODY, 0, Verdict.VALID),
        ({}, BODY, 300, Verdict.VALID),
        ({}, BODY, -300, Verdict.VALID),
        ({"webhook-signature": f"v1,AAAA {SIGNATURE} v1a,x"}, BODY, 0, Verdict.VALID),
        ({}, BODY, 301, Verdict.STALE),
        ({}, BODY, -301, Verdict.STALE),
        ({}, BODY + b" ", 0, Verdict.FORGED),
        ({"webhook-id": "msg_other"}, BODY, 0, Verdict.FORGED),
        ({"webhook-timestamp": "1614265331"}, BODY, 0, Verdict.FORGED),
        ({"webhook-signature": SIGNATURE[3:]}, BODY, 0, Verdict.FORGED),
        ({"webhook-signature": "v1,é"}, BODY, 0, Verdict.FORGED),
        ({"webhook-signature": ""}, BODY, 0, Verdict.INCOMPLETE),
        ({"webhook-id": ""}, BODY, 0, Verdict.INCOMPLETE),
        ({"webhook-timestamp": "soon"}, BODY, 0, Verdict.INCOMPLETE),
        ({"webhook-timestamp": "²"}, BODY, 0, Verdict.INCOMPLETE),
    ],
)
def test_a_receiver_believes_what_is_signed_and_fresh(change, body, late_s, found):
    at = THEN + timedelta(seconds=late_s)

    assert verdict(Secret.of(WRITTEN), SENT | change, body, at) is found


def test_a_secret_prints_nothing_and_is_each_merchants_own():
    one, other = SECRETS.of("M-01"), SECRETS.of("M-02")

    assert one == SECRETS.of("M-01") != other
    assert len(one.key) == 32
    assert one.written() not in repr(one) + str(one)


def test_the_receiver_remembers_the_last_ones_each_once():
    receiver, secret = Receiver(SECRETS.of), SECRETS.of("M-01")
    body = NEW.body.encode()

    for id in (*map(str, range(KEPT + 1)), "7"):
        receiver.receive(headers(secret, id, NOW, body), body, NOW)

    ids = [each.webhook_id for each in receiver.received()]
    assert len(ids) == KEPT
    assert ids[0] == "7"
    assert "0" not in ids
    assert receiver.received()[0].deliveries == 2
    assert receiver.received()[0].content["data"]["merchant_id"] == "M-01"


@pytest.mark.parametrize("body", [b"", b"[1]", b"\xff", b'{"data": 3}', b"[" * 9000])
def test_what_is_not_signed_is_not_shown(body):
    receiver = Receiver(SECRETS.of)

    seen = receiver.receive({"webhook-id": "x"}, body, NOW)

    assert (seen.signature, seen.content) == (Verdict.INCOMPLETE, {})
