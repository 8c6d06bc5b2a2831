"""The collector's disk is full: it refuses, aloud; nobody pays for it, nothing is lost."""

import os
import time

from native.backends import until
from tests.chaos import doors
from tests.chaos.arrivals import Arrivals
from tests.chaos.checks import all_are_final, answered_rightly
from tests.chaos.instead import disk, filled, instead

RATE = float(os.environ.get("CHAOS_RATE", "5"))
BEFORE_S, AFTER_S = 6.0, 5.0

LEFT_BYTES = 2 * 2**20
FULL_WITHIN_S, STAYS_FULL_S = 120.0, 15.0
SEEN_WITHIN_S = 60.0
CAUGHT_UP_WITHIN_S = 60.0

SEEN = '{__name__=~"otelcol_exporter_enqueue_failed_.*"}'


def refused(stack):
    return doors.told(stack, "otelcol", doors.REFUSED)


def test_c15_the_disk_of_the_queue_is_full(begin, folder):
    """What it refuses the services keep; there is room again before anybody takes it."""
    drill = begin(
        "C15", f"the queue's disk is full: {LEFT_BYTES // 2**20} MiB were left"
    )
    row, stack = drill.row, drill.stack
    queue = folder / "queue"

    with (
        disk(queue, LEFT_BYTES) as small,
        instead(stack, "otelcol", **small),
    ):
        arrivals = Arrivals.of(drill)
        with drill.tills().open(RATE) as book:
            time.sleep(BEFORE_S)
            with drill.away("loki", "tempo"), filled(queue, but=LEFT_BYTES):
                until(lambda: refused(stack), within=FULL_WITHIN_S)
                with row.injected():
                    until(lambda: drill.total(SEEN), within=SEEN_WITHIN_S)
                    row.detected(time.time())
                    time.sleep(STAYS_FULL_S)
            meanwhile = book.between(row.began, row.ended)
            if arrivals.have_lines(meanwhile, within=CAUGHT_UP_WITHIN_S):
                row.recovered()
            time.sleep(AFTER_S)
        missing = arrivals.missing(book)
        turned_away = refused(stack)

    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "refused by the collector": round(turned_away),
        **missing.counts,
    }
    answered_rightly(book)
    assert missing.is_nothing, missing.counts
    all_are_final(drill, book)
    drill.books_hold()
