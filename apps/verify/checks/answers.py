"""I4: what a client was told is what was kept."""

from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from apps.verify.books import Books
from apps.verify.findings import Finding

from .clients import Answered, acknowledged

CHUNK = 1_000

BEEN = """
SELECT payment_id, status, response_code,
    array(SELECT type FROM payment_event e WHERE e.payment_id = p.payment_id) AS events
FROM payment p WHERE payment_id = ANY($1::uuid[])
"""
STATES = {
    "PaymentReceived": {"received"},
    "AuthorisationUnknown": {"pending"},
    "PaymentAuthorised": {"authorised"},
    "PaymentDeclined": {"declined"},
    "PaymentCaptured": {"captured"},
    "PaymentVoided": {"voided"},
    "PaymentSettled": {"settled"},
    "PaymentRefunded": {"partially_refunded", "refunded"},
}


async def answers_hold(books: Books) -> Finding:
    """Every acknowledged payment exists, and was what the client was told it is."""
    answers = acknowledged(books)
    told = [each for each in answers if each.payment_id is not None]
    been = await _been(books, {each.payment_id for each in told if each.payment_id})
    wrong = [*_false(told, been), *_told_otherwise(answers)]
    return Finding(len(told), wrong)


def _false(told: Iterable[Answered], been: Mapping[UUID, set[str]]) -> Iterator[str]:
    for each in told:
        known = been.get(each.payment_id) if each.payment_id else None
        if known is None:
            yield f"payment {each.payment_id}: told to a client, and there is none"
        elif never := sorted(each.told - known):
            yield f"payment {each.payment_id}: told as {never[0]}, which it never was"


async def _been(books: Books, asked: Iterable[UUID]) -> dict[UUID, set[str]]:
    """For each payment, every status that it had and its response code."""
    ids, been = sorted(asked), {}
    for start in range(0, len(ids), CHUNK):
        for row in await books.payments.fetch(BEEN, ids[start : start + CHUNK]):
            states = {row["status"], row["response_code"]}
            been[row["payment_id"]] = states.union(
                *(STATES.get(event, set()) for event in row["events"])
            )
    return been


def _told_otherwise(answers: Iterable[Answered]) -> Iterator[str]:
    """Asked again under its key, an order gets the same answer to the byte."""
    first: dict[tuple[str, int | None], Answered] = {}
    for each in answers:
        if each.key is None or each.answer_hash is None:
            continue
        before = first.setdefault((each.key, each.status), each)
        if before.answer_hash != each.answer_hash:
            yield f"key {each.key}: answered otherwise the second time"
