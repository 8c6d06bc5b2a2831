"""A fixed piece of plain Python work: what CPU times are divided by.

A machine that is slower, or shared, is so for the work and for the yardstick alike;
what a service costs in yardsticks is a ratio that can be compared with last year's.
"""

import hashlib
import json
import time
from statistics import median

TIMES, ROUNDS = 5, 400
ORDER = {
    "pos_id": "POS-01",
    "card": {"number": "5204460010000007", "expiry": "12/27"},
    "amount": 5_000,
    "currency": "EUR",
    "lines": [{"n": n, "about": f"article {n}"} for n in range(20)],
}


def yardstick() -> float:
    """CPU seconds of it now; some ten milliseconds."""
    return median(_once() for _ in range(TIMES))


def _once() -> float:
    begun = time.process_time()
    seal = b""
    for number in range(ROUNDS):
        text = json.dumps({**ORDER, "number": number}, sort_keys=True)
        seal = hashlib.sha256(seal + text.encode()).digest()
        read = json.loads(text)
        sum(line["n"] for line in read["lines"])
    return time.process_time() - begun
