"""One line in the terminal that says how the run is doing; none where there is none."""

import sys
import time
from typing import Any

import gevent

EVERY_S = 2.0
CLEAR, GREY, RED, PLAIN = "\r\x1b[K", "\x1b[2m", "\x1b[31m", "\x1b[0m"


def show(runner: Any, seconds: float) -> None:
    """Until the run is over; runs beside it."""
    if not sys.stderr.isatty():
        return
    begun = time.time()
    while runner.state not in {"stopping", "stopped", "cleanup"} or not runner.stats:
        gevent.sleep(EVERY_S)
        sys.stderr.write(CLEAR + line(runner, time.time() - begun, seconds))
        sys.stderr.flush()
    sys.stderr.write(CLEAR)
    sys.stderr.flush()


def line(runner: Any, elapsed: float, seconds: float) -> str:
    """Users, requests a second, p95, failures, and how much of it is over."""
    all_ = runner.stats.total
    p95 = all_.get_current_response_time_percentile(0.95) or 0
    failed = all_.num_failures
    colour = RED if failed else GREY
    return (
        f"{elapsed:5.0f} of {seconds:.0f} s  {runner.user_count:4d} users  "
        f"{all_.current_rps:6.1f} requests/s  p95 {p95:5.0f} ms  "
        f"{colour}{failed} failed{PLAIN}"
    )
