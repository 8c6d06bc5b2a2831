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

MERCHANT = "merchant:M-01"


@pytest.mark.parametrize(
    ("way", "entry"),
    [
        ([AUTHORISED], (MERCHANT, "payment.authorise", "approved")),
        ([DECLINED], (MERCHANT, "payment.authorise", "refused")),
        ([AUTHORISED, captured()], (MERCHANT, "payment.capture", "done")),
        ([AUTHORISED, captured(), refunded(1)], (MERCHANT, "payment.refund", "done")),
        ([AUTHORISED, VOIDED], (MERCHANT, "payment.void", "done")),
        ([DECLINED, REVERSAL], (MERCHANT, "payment.reverse", "done")),
        ([DELEGATED, RECONCILED], (MERCHANT, "payment.reconcile", "confirmed")),
        ([DELEGATED, REJECTED], (MERCHANT, "payment.reconcile", "rejected")),
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


@pytest.mark.parametrize("by", ["fraud", "automatic-capture", "recovery"])
def test_who_did_it_is_named_if_it_was_not_the_merchant(by):
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
    assert actors == {"payments", "reconciliation", "automatic-capture"}


def test_a_batch_leaves_one_row():
    debts = [Debt(ids(), Cents(9_000), Cents(151))]
    batch = Batch(ids(), "M-01", "EUR", debts, [Repayment(ids(), Cents(1_000))])

    entry = entry_of(batch)

    assert (entry.actor, entry.action) == ("settlement", "merchant.settle")
    assert entry.subject == str(batch.batch_id)
    assert entry.facts["settlement.net"] == 7_849
