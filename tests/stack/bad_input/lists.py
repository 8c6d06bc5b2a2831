"""Questions about many payments, asked wrongly."""

from native.gateway import PAYMENTS

from .case import CANARY, PLANTED, Case


def asked(id: str, query: str, *pointers: str) -> Case:
    """A faulty question is a 400 that names its part."""
    named = frozenset(pointers) or None
    path = f"{PAYMENTS}?{query}"
    return Case(f"list: {id}", 400, "validation-failed", "GET", path, pointers=named)


def listed(id: str, query: str) -> Case:
    return Case(f"list: {id}", 200, None, "GET", f"{PAYMENTS}?{query}")


LIMITS = [
    asked("a limit of nothing", "limit=", "/query/limit"),
    asked("a limit of zero", "limit=0", "/query/limit"),
    asked("a limit below zero", "limit=-1", "/query/limit"),
    asked("a limit of 101", "limit=101", "/query/limit"),
    asked("a limit of 2^63", f"limit={2**63}", "/query/limit"),
    asked("a limit of a half", "limit=0.5", "/query/limit"),
    asked("a limit of words", f"limit={CANARY}", "/query/limit"),
    asked("a limit of a card number", f"limit={PLANTED}", "/query/limit"),
]

CURSORS = [
    asked("a cursor of nothing", "cursor=", "/query/cursor"),
    asked("a cursor of words", f"cursor={CANARY}", "/query/cursor"),
    asked("a cursor of a card number", f"cursor={PLANTED}", "/query/cursor"),
    asked("a cursor with a zero byte", "cursor=%00", "/query/cursor"),
    asked("a cursor of SQL", "cursor='%20OR%201=1--", "/query/cursor"),
    asked("a cursor of 4,000 signs", f"cursor={'c' * 4000}", "/query/cursor"),
    asked("a cursor that is no text", "cursor=%ff%fe", "/query/cursor"),
]

FILTERS = [
    asked("a status of nobody", f"status={CANARY}", "/query/status"),
    asked("a status in capitals", "status=CAPTURED", "/query/status"),
    asked("a status of nothing", "status=", "/query/status"),
    asked("a start that is no time", f"from={CANARY}", "/query/from"),
    asked("a start of a card number", "from=5204-4677-3190-2460", "/query/from"),
    asked("a start on February 30th", "from=2026-02-30T00:00:00Z", "/query/from"),
    asked("an end that is no time", "to=tomorrow", "/query/to"),
    asked("an end of nothing", "to=", "/query/to"),
    asked("a point of sale with a zero byte", "pos_id=%00", "/query/pos_id"),
    asked("a point of sale of 4,000 letters", f"pos_id={'P' * 4000}", "/query/pos_id"),
    asked(
        "three faults at once",
        f"limit={CANARY}&status={CANARY}&from={CANARY}",
        "/query/limit",
        "/query/status",
        "/query/from",
    ),
]

LISTED = [
    listed("a card number for a point of sale", f"pos_id={PLANTED}&limit=1"),
    listed("a card number for what nobody asks", f"card={PLANTED}&limit=1"),
    listed("SQL for a point of sale", "pos_id='%20OR%20'1'='1&limit=1"),
    listed(
        "a start behind the end", "from=2030-01-01T00:00:00Z&to=2020-01-01T00:00:00Z"
    ),
]

CASES = [*LIMITS, *CURSORS, *FILTERS, *LISTED]
