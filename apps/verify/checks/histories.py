"""I6: a payment is the fold of its events, and is shown as what it is."""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
from pydantic import ValidationError

from apps.payments.domain.life import fold
from apps.payments.domain.payment import InvalidState
from apps.payments.store.history import recorded_of
from apps.payments.store.rows import row_of
from apps.verify.books import Books
from apps.verify.findings import Finding

CHUNK = 1_000
"""Payments that are held in memory at once."""

PAYMENTS = """
SELECT payment_id FROM payment UNION SELECT payment_id FROM payment_event
ORDER BY payment_id
"""
EVENTS = """
SELECT * FROM payment_event WHERE payment_id = ANY($1::uuid[]) ORDER BY payment_id, seq
"""
ROWS = "SELECT * FROM payment WHERE payment_id = ANY($1::uuid[])"
SHOWN = """
SELECT payment_id, merchant_id, amount, status, captured, refunded
FROM payment_view JOIN projection_offset USING (generation)
WHERE projection = 'payment_view' AND state = 'serving'
    AND payment_id = ANY($1::uuid[])
"""
VIEWED = ("merchant_id", "amount", "status", "captured", "refunded")

Event = asyncpg.Record
Rows = Mapping[UUID, Mapping[str, Any]]


async def histories_fold(books: Books) -> Finding:
    """Events are numbered without gaps, and fold to the row and to what is shown."""
    checked, wrong = 0, []
    async for ids in _chunks(books):
        events = await books.payments.fetch(EVENTS, ids)
        rows = await _by_id(books.payments, ROWS, ids)
        shown = await _by_id(books.databases["backoffice"], SHOWN, ids)
        histories = {
            payment_id: list(each)
            for payment_id, each in groupby(events, itemgetter("payment_id"))
        }
        for payment_id in ids:
            history = histories.get(payment_id, [])
            known = rows.get(payment_id), shown.get(payment_id)
            wrong += [
                f"payment {payment_id}: {fault}"
                for fault in _faults(history, *known, books)
            ]
        checked += len(events)
    return Finding(checked, wrong)


async def _chunks(books: Books) -> AsyncIterator[list[UUID]]:
    cursor = await books.payments.cursor(PAYMENTS)
    while rows := await cursor.fetch(CHUNK):
        yield [row["payment_id"] for row in rows]


async def _by_id(
    db: "asyncpg.Connection[Any]", query: str, ids: Sequence[UUID]
) -> Rows:
    return {row["payment_id"]: row for row in await db.fetch(query, ids)}


def _faults(
    history: Sequence[Event],
    row: Mapping[str, Any] | None,
    shown: Mapping[str, Any] | None,
    books: Books,
) -> Iterator[str]:
    """What is wrong with one payment: the first reason why, and no consequences."""
    if row is None or not history:
        yield "events without a row" if history else "a row without events"
        return
    for place, event in enumerate(history, 1):
        if event["seq"] != place:
            yield f"event {place} is missing"
            return
    try:
        folded = fold(map(recorded_of, history))
    except (InvalidState, ValidationError, KeyError) as fault:
        yield f"its events do not fold: {type(fault).__name__}"
        return
    meant = row_of(folded) if folded else {}
    yield from _otherwise("row", meant, row, meant)
    if row["response_code"] and books.has_settled(history[-1]["at"]):
        yield from _shown_otherwise(row, shown)


def _shown_otherwise(
    row: Mapping[str, Any], shown: Mapping[str, Any] | None
) -> Iterator[str]:
    if shown is None:
        yield "the back office does not show it"
        return
    yield from _otherwise("view", row, shown, VIEWED)


def _otherwise(
    where: str, meant: Mapping[str, Any], found: Mapping[str, Any], keys: Iterable[str]
) -> Iterator[str]:
    for key in keys:
        if found[key] != meant[key]:
            yield f"{key} is {meant[key]}, its {where} says {found[key]}"
