"""Clocks disagree by minutes and by hours: payments go on, and telemetry comes anyway."""

import os
import time
from contextlib import ExitStack
from dataclasses import replace

from benchmarks import breakers
from native.backends import until
from tests.chaos.arrivals import Arrivals
from tests.chaos.checks import all_are_final, answered_rightly
from tests.chaos.instead import clock, instead
from tests.stack.minting import Mint

RATE = float(os.environ.get("CHAOS_RATE", "5"))
DURING_S, AFTER_S = 25.0, 5.0

SKEW_S = {"bank": 300, "bank-2": 300, "payments": -300, "payments-2": 7200}
AHEAD = {
    name if name[-1].isdigit() else f"{name}-1": float(seconds)
    for name, seconds in SKEW_S.items()
}
"""The same, by what each is called in telemetry."""

SLOW_S, FEWEST_SLOW = 0.6, 10
"""Half of a breaker's twenty calls, each so slow, open it; here nothing else may."""
SET_RIGHT = '{service_namespace="payscope"} | clock_told != ""'
LIVES_S, ISSUED_S = 4 * 3600, -1800


def long_lived(drill):
    """A token that all of these clocks take, and none of them for one of tomorrow."""
    now = int(time.time())
    token = Mint.of(drill.stack.instance).token(
        client_id="till",
        sub="till",
        iat=now + ISSUED_S,
        nbf=now + ISSUED_S,
        exp=now + LIVES_S,
    )
    return lambda _url: {"Authorization": f"Bearer {token}"}


def changes(arrivals):
    """Of the bank's breakers, by whatever clock."""
    return breakers.changes(arrivals.drill.stack.backends.loki, arrivals.since)


def test_c16_clocks_that_disagree(begin):
    told = ", ".join(
        f"{name} {seconds / 60:+g} min" for name, seconds in SKEW_S.items()
    )
    drill = begin("C16", f"clocks are wrong: {told}")
    row = drill.row
    tills = replace(drill.tills(), bearer=long_lived(drill))

    with ExitStack() as skewed:
        for name, seconds in SKEW_S.items():
            skewed.enter_context(instead(drill.stack, name, **clock(seconds)))
        arrivals = Arrivals.by_wrong_clocks(drill, AHEAD)
        known = changes(arrivals)
        with row.injected():
            book = tills.order_for(DURING_S, RATE)
        missing = arrivals.missing(book)
        right = drill.stack.backends.loki.lines(SET_RIGHT, since=drill.began_ns)
        changed = [each for each in changes(arrivals) if each not in known]
    until(drill.is_well, within=60)
    row.recovered()
    counts = missing.counts
    del counts["decisions not counted"]
    row.counts = {
        "payments": len(book),
        "answers 5xx": len(book.errors),
        **counts,
        "lines set right": len(right),
        "changes of breakers": len(changed),
    }
    answered_rightly(book)
    assert {line.facts["service_instance_id"] for line in right} == {"payments-2"}
    slow = [each for each in book if each.seconds > SLOW_S]
    assert changed == [] or len(slow) >= FEWEST_SLOW
    assert missing.is_nothing, missing.counts
    all_are_final(drill, book)
    drill.books_hold()
