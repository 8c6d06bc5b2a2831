"""A connection breaks, or a replica dies: who brought a key is answered, and pays once."""

import os
import time
from uuid import uuid4

from native.backends import until
from native.gateway import PAYMENTS, order
from tests.chaos.checks import all_are_final, answered_rightly, none_waits_too_long
from tests.stack.cards import card, fresh_card
from tests.stack.stack import settled

RATE = float(os.environ.get("CHAOS_RATE", "5"))
BEFORE_S, DURING_S, AFTER_S = 6.0, 10.0, 6.0


def attempts(drill, answer):
    """How often payments was asked for this answer, once its trace is all there."""
    trace = answer.headers["Trace-Id"]

    def heard():
        spans = drill.stack.backends.tempo.trace(trace)
        return [s for s in spans if (s.service, s.kind) == ("payments", "SERVER")]

    until(heard)
    return len(settled(heard, seconds=2.0))


def is_back(drill):
    """Lines that tell that the gateway asks it again: it was left out, or forgotten."""
    after = int(drill.row.ended * 1e9)
    known = drill.lines("replicas.changed", service_name="gateway")
    lines = drill.lines("replica.returned") + [
        line for line in known if "payments-2" in line.facts["replica_names"]
    ]
    return [line for line in lines if line.time > after]


def test_c7_a_connection_that_breaks_before_the_answer(begin):
    """Each order that was decided in vain is asked for once more, and decided once."""
    drill = begin("C7", "the connection to one of two payments breaks as it answers")
    row = drill.row

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        with row.injected(), drill.faults.reset("payments-1"):
            time.sleep(DURING_S)
        time.sleep(AFTER_S)

    repeated = drill.repeated()
    row.detected(min(span.start for span in repeated) / 1e9)
    row.recovered(max(span.end for span in repeated) / 1e9)
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "asked for once more": len(repeated),
    }
    answered_rightly(book)
    assert repeated
    assert {span.fact("http.request.resend_count") for span in repeated} == {"1"}
    none_waits_too_long(drill)
    all_are_final(drill, book)
    drill.books_hold()


def test_c7_with_a_key_it_is_asked_twice_and_paid_once(drill):
    """Both break: the second try is the last, and the till's own finds the payment."""
    key = {"Idempotency-Key": uuid4().hex}
    body = order(5_000, card=card(fresh_card()))

    with drill.faults.reset("payments-1"), drill.faults.reset("payments-2"):
        lost = drill.stack.gateway.send(json=body, headers=key)
        assert lost.status_code == 503
    again = drill.stack.gateway.send(json=body, headers=key)

    assert attempts(drill, lost) == 2
    assert again.status_code == 201
    assert again.headers["Idempotent-Replayed"] == "true"


def test_c7_without_a_key_it_is_asked_once(drill):
    gateway = drill.stack.gateway

    with drill.faults.reset("payments-1"), drill.faults.reset("payments-2"):
        lost = gateway.http.post(f"{gateway.url}{PAYMENTS}", json=order(5_000))

    assert lost.status_code == 503
    assert attempts(drill, lost) == 1


def test_c19_one_of_two_replicas_is_killed(begin):
    drill = begin("C19", "one of two payments is killed")
    row = drill.row

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        with row.injected(), drill.killed("payments-2"):
            (out, *_) = until(lambda: drill.lines("replica.ejected"), within=20)
            time.sleep(DURING_S)
        back = until(lambda: is_back(drill), within=40)
        time.sleep(AFTER_S)

    row.detected(out.time / 1e9)
    row.recovered(back[0].time / 1e9)
    meanwhile = [each for each in book if each.tries > 1]
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "asked again by the till": len(meanwhile),
        "ejections": len(drill.lines("replica.ejected")),
    }
    answered_rightly(book)
    assert out.facts["peer_replica"] == "payments-2"
    none_waits_too_long(drill)
    all_are_final(drill, book)
    drill.books_hold()
