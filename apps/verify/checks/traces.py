"""I11: a payment remembers the trace that its client began."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from apps.verify.books import Books
from apps.verify.findings import Finding

from .clients import Answered, told

CHUNK = 1_000
ORDERS = "POST", "/api/v1/payments"

TRACES = "SELECT payment_id, trace_id FROM payment WHERE payment_id = ANY($1::uuid[])"


async def traces_go_through(books: Books) -> Finding:
    """Whoever was told of a payment finds it under a trace id of his own.

    Asked again under its key an order has another trace; the one that got through first
    is the payment's, whether it was answered or not. That a trace is whole, Tempo knows.
    """
    began = _began(told(books))
    kept = await _kept(books, began)
    wrong = [
        f"payment {payment_id}: its trace {kept[payment_id]} is none of its client's"
        for payment_id, traces in began.items()
        if payment_id in kept and kept[payment_id] not in traces
    ]
    return Finding(len(began), wrong)


def _began(answers: Iterable[Answered]) -> dict[UUID, set[str]]:
    """For each payment that was acknowledged, the traces in which it was ordered."""
    began: dict[str, set[str]] = defaultdict(set)
    paid: dict[UUID, set[str]] = {}
    for each in answers:
        ordered = (each.method, each.path_template) == ORDERS
        if ordered and each.key and each.trace_id:
            began[each.key].add(each.trace_id)
            if each.is_acknowledged and each.payment_id:
                paid[each.payment_id] = began[each.key]
    return paid


async def _kept(books: Books, asked: Iterable[UUID]) -> dict[UUID, str]:
    ids, kept = sorted(asked), {}
    for start in range(0, len(ids), CHUNK):
        for row in await books.payments.fetch(TRACES, ids[start : start + CHUNK]):
            kept[row["payment_id"]] = row["trace_id"]
    return kept
