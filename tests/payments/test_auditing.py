"""What auditors read: who did it, what, and what came of it."""

import pytest

from apps.kit.values import Cents
from apps.payments.auditing import entries, entry_of
from apps.payments.domain.settlement import Batch, Debt, Repayment
from tests.fakes import NOW, ids
from tests.payments.domain.lives import (
    AUTHORISED,
    DECLINED,
    DELEGATED,
    FLAGGED,
    RECEIVED,
    RECONCILED,
    REJECTED,
    REQUESTED,
    REVERSAL,
    REVERSED,
    SETTLED,
    UNKNOWN,
    VOIDED,
    captured,
    lived,
    refunded,
)
from tests.payments.paying import automatic, finished, paid

NOBODY = "nobody"


@pytest.mark.parametrize(
    ("way", "entry"),
    [
        ([AUTHORISED], (NOBODY, "payment.authorise", "approved")),
        ([DECLINED], (NOBODY, "payment.authorise", "refused")),
        ([AUTHORISED, captured()], (NOBODY, "payment.capture", "done")),
        ([AUTHORISED, captured(), refunded(1)], (NOBODY, "payment.refund", "done")),
        ([AUTHORISED, VOIDED], (NOBODY, "payment.void", "done")),
        ([DECLINED, REVERSAL], (NOBODY, "payment.reverse", "done")),
        ([DELEGATED, RECONCILED], (NOBODY, "payment.reconcile", "confirmed")),
        ([DELEGATED, REJECTED], (NOBODY, "payment.reconcile", "rejected")),
    ],
)
def test_what_is_done_leaves_a_row(way, entry):
    life = lived([RECEIVED, *way])

    *_, last = entries(life.fresh)

    assert (last.actor, last.action, last.result) == entry
    assert last.subject == str(life.payment_id)
    assert last.facts["payment.status"] == life.payment.status
    assert last.facts["payment.version"] == len(way) + 1


@pytest.mark.parametrize(
    "way",
    [[], [REQUESTED], [UNKNOWN], [FLAGGED]],
    ids=["received", "requested", "unknown", "flagged"],
)
def test_what_decides_nothing_leaves_none(way):
    assert list(entries(lived([RECEIVED, *way]).fresh)) == []


def test_a_confirmation_and_a_payout_leave_none_of_their_own():
    for way in ([DECLINED, REVERSAL, REVERSED], [AUTHORISED, captured(), SETTLED]):
        happened = lived([RECEIVED, *way]).fresh
        assert list(entries(happened[-1:])) == []


@pytest.mark.parametrize("by", ["client:m-01", "job:fraud", "job:recovery"])
def test_who_did_it_is_named(by):
    life = lived([RECEIVED, AUTHORISED])
    life.flush()
    life.by = by

    life.happens(VOIDED, NOW)

    (entry,) = entries(life.fresh)
    assert entry.actor == by


async def test_each_step_names_who_takes_it(faked, bank, told):
    bank.silent = True
    await paid(automatic(15_000), faked)
    bank.silent = False

    await finished(faked)

    actors = {entry.actor for entry in faked.store.audited}
    assert actors == {
        "client:payments",
        "job:reconciliation",
        "job:automatic-capture",
    }


def test_a_batch_leaves_one_row():
    debts = [Debt(ids(), Cents(9_000), Cents(151))]
    batch = Batch(ids(), "M-01", "EUR", debts, [Repayment(ids(), Cents(1_000))])

    entry = entry_of(batch)

    assert (entry.actor, entry.action) == ("job:settlement", "merchant.settle")
    assert entry.subject == str(batch.batch_id)
    assert entry.facts["settlement.net"] == 7_849
