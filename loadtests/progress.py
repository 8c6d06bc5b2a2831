"""One line in the terminal that says how the run is doing; none where there is none."""

import os
import time
from typing import Any

import gevent

from loadtests.plan import Plan

TERMINAL = "LOAD_TERMINAL"
"""Names the open file that is the terminal."""

EVERY_S = 2.0
CLEAR, GREY, RED, PLAIN = "\r\x1b[K", "\x1b[2m", "\x1b[31m", "\x1b[0m"


def show(runner: Any, plan: Plan) -> None:
    """As long as the process lives; runs beside the load."""
    if TERMINAL not in os.environ:
        return
    terminal, begun = int(os.environ[TERMINAL]), time.time()
    runner.environment.events.quitting.add_listener(
        lambda **_: os.write(terminal, CLEAR.encode())
    )
    while True:
        gevent.sleep(EVERY_S)
        text = line(runner, time.time() - begun, plan)
        os.write(terminal, f"{CLEAR}{text}".encode())


def line(runner: Any, elapsed: float, plan: Plan) -> str:
    """Users, requests a second, p95, failures, and how much of it is over."""
    all_ = runner.stats.total
    p95 = all_.get_current_response_time_percentile(0.95) or 0
    who = f"{plan.rate:g} visits/s" if plan.is_open else f"{runner.user_count} users"
    failed = all_.num_failures
    return (
        f"{min(elapsed, plan.seconds):.0f} of {plan.seconds:.0f} s · {who} · "
        f"{all_.current_rps:.1f} requests/s · p95 {p95:.0f} ms · "
        f"{RED if failed else GREY}{failed} failed{PLAIN}"
    )
