"""Loki, Tempo and Prometheus are away, or die: what they were not told waits on disk."""

import os
import time
from dataclasses import replace

import pytest

from native.backends import until
from tests.chaos import doors
from tests.chaos.arrivals import Arrivals
from tests.chaos.checks import all_are_final, answered_rightly

RATE = float(os.environ.get("CHAOS_RATE", "5"))
BEFORE_S, AFTER_S = 10.0, 8.0

AWAY_S = float(os.environ.get("CHAOS_OUTAGE_S", "20"))
"""`make outages` says 600, as the matrix does."""

AWAY = ("loki", "tempo", "prometheus")
WAITING_BYTES = 100_000
"""More waits for a backend only if it does not take it."""
CAUGHT_UP_WITHIN_S = 120.0

SOME = 8
ITS_OWN_TIME_S = 10.0

TOLD_EVERY_S = 5.0
BEATS = "loop_lag_seconds_count"
"""Each service tells of it each time, whatever it does."""

SETTLED_S = 30.0
"""What Tempo lost never comes: looked for so long, all else has."""

UNWRITTEN_S = 10.0
"""What a killed Tempo may lose: it writes a trace down as it rests."""


def grows(stack, backend):
    until(lambda: doors.queued(stack, backend) > WAITING_BYTES, within=60)
    return time.time()


def shrinks(stack, backend):
    waits = doors.queued(stack, backend)
    return waits < WAITING_BYTES


def greatest_gap(drill, begin, end):
    """The longest time between two samples of a series that is always told."""
    query = f"{BEATS}[{int(end - begin)}s]"
    answer = drill.stack.backends.prometheus.json(
        "/api/v1/query", query=query, time=end
    )
    series = [[at for at, _ in each["values"]] for each in answer["data"]["result"]]
    assert len(series) >= len(doors.DOORS)
    return max(
        later - sooner
        for at in series
        for sooner, later in zip([begin, *at], [*at, end], strict=True)
    )


def is_found_at_its_time(drill, ordered):
    """By a search that looks only around the time when it was ordered."""
    found = drill.stack.backends.tempo.json(
        "/api/search",
        q=f'{{ span.payment.id = "{ordered.payment["payment_id"]}" }}',
        start=int(ordered.due - ITS_OWN_TIME_S),
        end=int(ordered.due + ITS_OWN_TIME_S),
    )
    traces = {each["traceID"].rjust(32, "0") for each in found.get("traces", [])}
    return ordered.trace in traces


def told_at_its_time(drill, book):
    """Lines have the time when it happened, not when they came."""
    due = {each.trace: each.due for each in book}
    lines = [line for line in drill.lines("payment.decided") if line.trace in due]
    return max(abs(line.time / 1e9 - due[line.trace]) for line in lines)


@pytest.mark.timeout(AWAY_S + 500, func_only=True)
def test_c11_c12_the_backends_are_away(begin):
    """All three at once, which is no easier for the collector than one by one."""
    loki, tempo, prometheus = (
        begin(row, f"{name} is away for {AWAY_S:g} s")
        for row, name in (("C11", "Loki"), ("C12", "Tempo"), ("C12b", "Prometheus"))
    )
    drill, stack, arrivals = loki, loki.stack, Arrivals.of(loki)
    rows = dict(zip(AWAY, (loki.row, tempo.row, prometheus.row), strict=True))
    kept = {}

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        with (
            loki.row.injected(),
            tempo.row.injected(),
            prometheus.row.injected(),
            drill.away(*AWAY),
        ):
            ends = time.time() + AWAY_S
            for name, row in rows.items():
                row.detected(grows(stack, name))
            time.sleep(max(0.0, ends - time.time()))
            kept = {name: doors.queued(stack, name) for name in AWAY}
        for name, row in rows.items():
            until(lambda name=name: shrinks(stack, name), within=CAUGHT_UP_WITHIN_S)
            row.recovered()
        time.sleep(AFTER_S)

    missing = arrivals.missing(book)
    meanwhile = book.between(loki.row.began, loki.row.ended)
    some = meanwhile.orders[:: max(1, len(meanwhile) // SOME)]
    refused = doors.told(stack, "prometheus", "prometheus_tsdb_too_old_samples_total")
    refused += doors.told(
        stack, "prometheus", "prometheus_tsdb_out_of_bound_samples_total"
    )
    ended = max(each.due + each.seconds for each in book)
    gap = greatest_gap(drill, loki.row.began - BEFORE_S / 2, ended)
    for name, row in rows.items():
        row.counts = {
            "payments": len(book),
            "answers 5xx": len(book.errors),
            "kept on disk": f"{kept[name] / 1e6:.1f} MB",
        }
    loki.row.counts |= {
        name: missing.counts[name]
        for name in ("orders without a line", "lines lost", "lines doubled")
    }
    tempo.row.counts["traces not whole"] = len(missing.traces)
    prometheus.row.counts |= {
        "decisions not counted": missing.counts["decisions not counted"],
        "samples too old": round(refused),
        "longest time without a sample": f"{gap:.1f} s",
    }
    answered_rightly(book)
    assert missing.is_nothing, missing.counts
    assert told_at_its_time(drill, meanwhile) < ITS_OWN_TIME_S
    assert [each for each in some if not is_found_at_its_time(drill, each)] == []
    assert refused == 0
    assert gap < 3 * TOLD_EVERY_S
    all_are_final(drill, book)
    drill.books_hold(tempo.row, prometheus.row)


def test_c11b_c12_loki_and_tempo_are_killed(begin):
    """Loki has written down what it took; Tempo has, but for the last seconds."""
    loki = begin("C11b", "Loki is killed")
    tempo = begin("C12k", "Tempo is killed")
    drill, stack, arrivals = loki, loki.stack, Arrivals.of(loki)

    with drill.tills().open(RATE) as book:
        time.sleep(BEFORE_S)
        with loki.row.injected(), tempo.row.injected():
            for name in ("loki", "tempo"):
                stack.supervisor.kill(name)
            time.sleep(1.0)
        for name, row in (("loki", loki.row), ("tempo", tempo.row)):
            doors.ready(stack, name)
            row.recovered()
        time.sleep(AFTER_S)

    replayed = doors.told(stack, "loki", "loki_ingester_wal_recovered_entries_total")
    missing = arrivals.missing(book, within=SETTLED_S)
    lost = [tempo.row.began - each.due for each in missing.traces]
    loki.row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        "lines read again from its log": round(replayed),
        "orders without a line": len(missing.orders),
        "lines lost": missing.lines.total(),
    }
    tempo.row.counts = {
        "payments": len(book),
        "traces not whole": len(lost),
        "the oldest of them": f"{max(lost, default=0):.1f} s before",
    }
    answered_rightly(book)
    assert replayed > 0
    assert replace(missing, traces=[]).is_nothing, missing.counts
    assert all(-1.0 < before < UNWRITTEN_S for before in lost), lost
    all_are_final(drill, book)
    drill.books_hold(tempo.row)
