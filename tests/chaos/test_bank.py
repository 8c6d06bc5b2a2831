"""The bank is slow, or away: payments stands in for it, and stops asking it."""

import os
import time

import pytest

from benchmarks import breakers
from native.backends import until
from tests.chaos.checks import (
    all_are_final,
    answered_rightly,
    is_stood_in,
    is_too_much,
    none_waits_too_long,
    stood_in_rightly,
)
from tests.chaos.drill import grown

RATE = float(os.environ.get("CHAOS_RATE", "5"))
BEFORE_S, AFTER_S = 6.0, 6.0

LATE_S, OPEN_S = 5.0, 12.0
AWAY_S = float(os.environ.get("CHAOS_AWAY_S", "20"))
"""How long the bank is away; `make chaos` says 60, as the matrix does."""

CONFIRMED_WITHIN_S = 60.0
MOST_PROBES = 5
"""So many calls a replica makes each time that it tries whether the bank is back."""

CALLS = 'breaker_calls_total{breaker_name="bank"}'


@pytest.mark.timeout(400, func_only=True)
def test_c2_a_bank_that_answers_late(begin):
    drill = begin("C2", f"the bank answers {LATE_S:g} s late")
    row = drill.row

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        with row.injected(), drill.faults.slow("bank", LATE_S):
            opened = until(lambda: drill.ask(breakers.opened), within=30)
            time.sleep(OPEN_S)
        row.recovered(until(lambda: drill.ask(breakers.closed), within=60))
        time.sleep(AFTER_S)

    row.detected(min(opened))
    during = book.between(row.began, row.ended)
    waited = during.between(0, max(opened))
    spared = during.between(max(opened), row.ended)
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "stood in for": len(book.that(is_stood_in)),
        "p99 before it opened": f"{waited.at(0.99):.2f} s",
        "p50 after": f"{spared.at(0.5):.2f} s",
        "p99 after": f"{spared.at(0.99):.2f} s",
    }
    answered_rightly(book)
    stood_in_rightly(book)
    assert spared.that(is_stood_in)
    none_waits_too_long(drill)
    all_are_final(drill, book)
    drill.books_hold()


@pytest.mark.timeout(500, func_only=True)
def test_c3_a_bank_that_is_away(begin):
    drill = begin("C3", f"the bank is away for {AWAY_S:g} s")
    row = drill.row

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        with row.injected(), drill.faults.down("bank"):
            opened = until(lambda: drill.ask(breakers.opened), within=30)
            drill.exported()
            at_first = drill.counters(CALLS)
            time.sleep(max(0.0, row.began + AWAY_S - time.time()))
        at_last, tried = drill.counters(CALLS), drill.ask(breakers.half_opened)
        exposed = drill.exposure()
        row.recovered(until(lambda: drill.ask(breakers.closed), within=90))
        time.sleep(AFTER_S)

    row.detected(min(opened))
    refused = grown(at_first, at_last, breaker_outcome="refused")
    asked = grown(at_first, at_last) - refused
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "stood in for": len(book.that(is_stood_in)),
        "refused with 91": len(book.that(is_too_much)),
        "calls to the bank while open": int(asked),
        "calls spared": int(refused),
        "exposure": int(exposed),
    }
    answered_rightly(book)
    stood_in_rightly(book)
    assert asked <= MOST_PROBES * tried
    assert refused > 0
    assert exposed > 0
    until(lambda: drill.exposure() == 0, within=CONFIRMED_WITHIN_S)
    row.counts["exposure 0 after"] = f"{time.time() - row.ended:.0f} s"
    none_waits_too_long(drill)
    all_are_final(drill, book)
    drill.books_hold()
