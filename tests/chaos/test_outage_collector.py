"""The collector is away, or dies: nobody pays later for it, and nothing is lost."""

import os
import time

from native.backends import until
from tests.chaos import doors
from tests.chaos.arrivals import Arrivals
from tests.chaos.checks import all_are_final, answered_rightly

RATE = float(os.environ.get("CHAOS_RATE", "5"))
BEFORE_S = float(os.environ.get("CHAOS_BEFORE_S", "10"))
"""`make outages` says 60: what it costs is told beside as many as were ordered meanwhile."""
WARM_S, AFTER_S = 10.0, 5.0

AWAY_S = float(os.environ.get("CHAOS_COLLECTOR_S", "60"))
SEEN_WITHIN_S = 60.0
CAUGHT_UP_WITHIN_S = 60.0

QUEUED_S = 4.0
"""Long enough for the queue to hold something as its owner is killed."""
MOST_DOUBLED = 0.01
"""Of all lines."""


def _times(book):
    """Written down, and not asserted: the slowest of a few hundred tell of the machine."""
    return f"{1000 * book.at(0.5):.0f} ms, {1000 * book.at(0.99):.0f} ms"


def test_c9_the_collector_is_away(begin):
    """Each service keeps what it tells, and sends it when somebody listens again."""
    drill = begin("C9", f"the collector is away for {AWAY_S:g} s")
    row, arrivals = drill.row, Arrivals.of(drill)

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        with row.injected(), drill.away("otelcol"):
            ends = time.time() + AWAY_S
            row.detected(until(drill.scraped_in_vain, within=SEEN_WITHIN_S))
            time.sleep(max(0.0, ends - time.time()))
        meanwhile = book.between(row.began, row.ended)
        if arrivals.have_lines(meanwhile, within=CAUGHT_UP_WITHIN_S):
            row.recovered()
        time.sleep(AFTER_S)

    before = book.between(0, row.began)
    missing = arrivals.missing(book)
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        **missing.counts,
        "p50, p99 before": _times(before),
        "p50, p99 meanwhile": _times(meanwhile),
        "p99 meanwhile, of that before": f"{meanwhile.at(0.99) / before.at(0.99):.0%}",
    }
    answered_rightly(book)
    assert missing.is_nothing, missing.counts
    assert missing.share_doubled <= MOST_DOUBLED, missing.doubled
    all_are_final(drill, book)
    drill.books_hold()


def test_c10_the_collector_is_killed(begin):
    """Once while its queue holds what nobody took yet, once at work."""
    drill = begin("C10", "the collector is killed, twice")
    row, arrivals = drill.row, Arrivals.of(drill)

    with drill.tills().open(RATE) as book:
        time.sleep(WARM_S)
        with row.injected():
            with drill.away("loki", "tempo"):
                kept = until(lambda: doors.queued(drill.stack), within=QUEUED_S)
                time.sleep(QUEUED_S)
                drill.stack.supervisor.kill("otelcol")
            doors.ready(drill.stack, "otelcol")
            time.sleep(QUEUED_S)
            drill.stack.supervisor.kill("otelcol")
        doors.ready(drill.stack, "otelcol")
        row.recovered()
        time.sleep(AFTER_S)

    missing = arrivals.missing(book)
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "bytes in its queue": round(kept),
        **missing.counts,
    }
    answered_rightly(book)
    assert kept > 0
    assert missing.is_nothing, missing.counts
    assert missing.share_doubled <= MOST_DOUBLED, missing.doubled
    all_are_final(drill, book)
    drill.books_hold()
