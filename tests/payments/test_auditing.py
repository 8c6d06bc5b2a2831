"""What auditors read: who did it, what, and what came of it."""

from dataclasses import replace

import pytest

from apps.kit.values import Cents
from apps.payments.auditing import entries, entry_of
from apps.payments.domain.changes import PaymentVoided, VoidReason
from apps.payments.domain.orders import CaptureMethod
from apps.payments.domain.settlement import Batch, Debt, Repayment
from tests.fakes import ids
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

MERCHANT = "merchant:M-01"


@pytest.mark.parametrize(
    ("way", "entry"),
    [
        ([AUTHORISED], (MERCHANT, "payment.authorise", "approved")),
        ([DECLINED], (MERCHANT, "payment.authorise", "refused")),
        ([AUTHORISED, captured()], (MERCHANT, "payment.capture", "done")),
        ([AUTHORISED, captured(), refunded(1)], (MERCHANT, "payment.refund", "done")),
        ([AUTHORISED, VOIDED], (MERCHANT, "payment.void", "done")),
        (
            [AUTHORISED, PaymentVoided(ids(), VoidReason.FRAUD)],
            ("fraud", "payment.void", "done"),
        ),
        ([DECLINED, REVERSAL], (MERCHANT, "payment.reverse", "done")),
        ([DELEGATED, RECONCILED], ("reconciliation", "payment.reconcile", "confirmed")),
        ([DELEGATED, REJECTED], ("reconciliation", "payment.reconcile", "rejected")),
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


def test_a_capture_by_itself_is_not_the_merchants_doing():
    received = replace(RECEIVED, capture=CaptureMethod.AUTOMATIC)

    (_, entry) = entries(lived([received, AUTHORISED, captured()]).fresh)

    assert entry.actor == "automatic-capture"


def test_a_batch_leaves_one_row():
    debts = [Debt(ids(), Cents(9_000), Cents(151))]
    batch = Batch(ids(), "M-01", "EUR", debts, [Repayment(ids(), Cents(1_000))])

    entry = entry_of(batch)

    assert (entry.actor, entry.action) == ("settlement", "merchant.settle")
    assert entry.subject == str(batch.batch_id)
    assert entry.facts["settlement.net"] == 7_849
