"""Fraud is slow, or away: no payment waits for it, and each says that it was not asked."""

import os
import time

import pytest

from tests.chaos.checks import all_are_final, answered_rightly, none_waits_too_long
from tests.chaos.drill import grown

RATE = float(os.environ.get("CHAOS_RATE", "5"))
BEFORE_S, DURING_S, AFTER_S = 10.0, 12.0, 5.0
LATE_S = 5.0
SCREENINGS = "payments_screenings_total"


@pytest.mark.parametrize("fault", ["late", "away"])
def test_c17_fraud_that_does_not_answer(begin, fault):
    """No order fails for it; the bank's path takes as much longer as the check may."""
    told = f"fraud answers {LATE_S:g} s late" if fault == "late" else "fraud is away"
    drill = begin("C17" if fault == "late" else "C17b", told)
    row, faults = drill.row, drill.faults
    screened = drill.counters(SCREENINGS)

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        broken = (
            faults.slow("fraud", LATE_S) if fault == "late" else faults.down("fraud")
        )
        with row.injected(), broken:
            time.sleep(DURING_S)
        time.sleep(AFTER_S)

    before = book.between(0, row.began).that(lambda each: each.asks_the_bank)
    during = book.between(row.began, row.ended)
    unchecked = [each for each in during if not each.payment["fraud"]["checked"]]
    asked = during.that(lambda each: each.asks_the_bank)
    row.detected(min(each.due for each in unchecked))
    row.recovered(max(each.due for each in unchecked))
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "not checked": len(unchecked),
        "bank path p99 before": f"{before.at(0.99):.2f} s",
        "bank path p99 meanwhile": f"{asked.at(0.99):.2f} s",
    }
    answered_rightly(book)
    assert len(unchecked) >= 0.9 * len(during)
    assert all(each.mode == "STANDARD" for each in book)
    drill.exported()
    told = grown(screened, drill.counters(SCREENINGS), fraud_checked="false")
    assert told >= len(unchecked)
    none_waits_too_long(drill)
    all_are_final(drill, book)
    drill.books_hold()
