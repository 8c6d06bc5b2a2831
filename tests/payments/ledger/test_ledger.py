"""What each step of a payment's life moves, account by account."""

from uuid import UUID

import pytest

from apps.kit.values import Cents
from apps.payments.domain.booking import Kind, fee
from apps.payments.domain.changes import Outcome, PaymentFlagged, VoidReason
from apps.payments.domain.ledger import settlement, transfers
from apps.payments.domain.payment import step_id
from apps.payments.domain.rules import Source
from apps.payments.domain.settlement import Batch, Debt, Repayment
from tests.payments.ledger.lives import (
    authorised,
    captured,
    ids,
    living,
    received,
    reconciled,
    refunded,
    voided,
)

PAYMENT = UUID(int=1 << 64)
REFUND = UUID(int=1 << 65)
OWED, RECEIVABLE, EXPOSURE = (
    "merchant_payable:M-01",
    "scheme_receivable",
    "standin_exposure",
)
CASH, FEES, LOSS = "settlement_cash", "fee_income", "standin_loss"

BY_BANK = [received(), authorised(Source.BANK)]
BY_FLOOR = [received(), authorised(Source.FLOOR_LIMIT)]
STOOD_IN = [received(), authorised(Source.DELEGATION)]
CONFIRMED, SUBMITTED, REJECTED = map(reconciled, Outcome)

STEPS = {
    "received": ([received()], []),
    "authorised by the bank": (
        BY_BANK,
        [("authorise", Kind.PENDING, [(RECEIVABLE, 10_000), (OWED, -10_000)], None)],
    ),
    "authorised below the floor": (
        BY_FLOOR,
        [("authorise", Kind.PENDING, [(RECEIVABLE, 10_000), (OWED, -10_000)], None)],
    ),
    "authorised by delegation": (
        STOOD_IN,
        [("authorise", Kind.PENDING, [(EXPOSURE, 10_000), (OWED, -10_000)], None)],
    ),
    "captured in part": (
        [*BY_BANK, captured(6_001)],
        [
            (
                "capture",
                Kind.POST,
                [(RECEIVABLE, 6_001), (OWED, -6_001), (OWED, 110), (FEES, -110)],
                "authorise",
            )
        ],
    ),
    "captured while exposed": (
        [*STOOD_IN, captured()],
        [
            (
                "capture",
                Kind.POST,
                [(EXPOSURE, 10_000), (OWED, -10_000), (OWED, 165), (FEES, -165)],
                "authorise",
            )
        ],
    ),
    "captured once confirmed": (
        [*STOOD_IN, CONFIRMED, captured()],
        [
            (
                "capture",
                Kind.POST,
                [(RECEIVABLE, 10_000), (OWED, -10_000), (OWED, 165), (FEES, -165)],
                "standin-confirm",
            )
        ],
    ),
    "voided": ([*BY_BANK, voided()], [("void", Kind.VOID, [], "authorise")]),
    "expired": (
        [*BY_BANK, voided(VoidReason.EXPIRED)],
        [("void", Kind.VOID, [], "authorise")],
    ),
    "voided while exposed": (
        [*STOOD_IN, voided(VoidReason.FRAUD)],
        [("void", Kind.VOID, [], "authorise")],
    ),
    "voided once submitted": (
        [*STOOD_IN, SUBMITTED, voided()],
        [("void", Kind.VOID, [], "standin-confirm")],
    ),
    "refunded": (
        [*BY_BANK, captured(), refunded(400, REFUND)],
        [(f"refund:{REFUND}", Kind.POSTED, [(OWED, 400), (RECEIVABLE, -400)], None)],
    ),
    "refunded while exposed": (
        [*STOOD_IN, captured(), refunded(10_000, REFUND)],
        [
            (
                f"refund:{REFUND}",
                Kind.POSTED,
                [(OWED, 10_000), (RECEIVABLE, -10_000)],
                None,
            )
        ],
    ),
    "rejected before the capture": ([*STOOD_IN, REJECTED], []),
    "voided once rejected": (
        [*STOOD_IN, REJECTED, voided(VoidReason.STANDIN_REJECTED)],
        [("void", Kind.VOID, [], "authorise")],
    ),
    "rejected after the capture": (
        [*STOOD_IN, captured(7_000), REJECTED],
        [("standin-reject", Kind.POSTED, [(LOSS, 7_000), (EXPOSURE, -7_000)], None)],
    ),
    "rejected after a refund": (
        [*STOOD_IN, captured(7_000), refunded(500), REJECTED],
        [
            (
                "standin-reject",
                Kind.POSTED,
                [
                    (LOSS, 6_500),
                    (EXPOSURE, -6_500),
                    (RECEIVABLE, 500),
                    (EXPOSURE, -500),
                ],
                None,
            )
        ],
    ),
    "rejected after all was refunded": (
        [*STOOD_IN, captured(7_000), refunded(7_000), REJECTED],
        [
            (
                "standin-reject",
                Kind.POSTED,
                [(RECEIVABLE, 7_000), (EXPOSURE, -7_000)],
                None,
            )
        ],
    ),
    "refunded once rejected": (
        [*STOOD_IN, captured(7_000), REJECTED, refunded(500, REFUND)],
        [(f"refund:{REFUND}", Kind.POSTED, [(OWED, 500), (LOSS, -500)], None)],
    ),
    "flagged": ([*BY_BANK, PaymentFlagged("RED", 4)], []),
} | {
    f"{name} before the capture": (
        [*STOOD_IN, event],
        [
            ("standin-release", Kind.VOID, [], "authorise"),
            (
                "standin-confirm",
                Kind.PENDING,
                [(RECEIVABLE, 10_000), (OWED, -10_000)],
                None,
            ),
        ],
    )
    for name, event in {"confirmed": CONFIRMED, "submitted": SUBMITTED}.items()
}
STEPS |= {
    f"{name} after the capture": (
        [*STOOD_IN, captured(7_000), event],
        [
            (
                "standin-confirm",
                Kind.POSTED,
                [(RECEIVABLE, 7_000), (EXPOSURE, -7_000)],
                None,
            )
        ],
    )
    for name, event in {"confirmed": CONFIRMED, "submitted": SUBMITTED}.items()
}
"""What happened, and what the last of it moves: step, kind, entries, what it ends."""


@pytest.mark.parametrize(("events", "expected"), STEPS.values(), ids=STEPS)
def test_each_step_moves_what_it_should(events, expected):
    booked = transfers(living(PAYMENT, *events)[-1])

    assert [shown(each) for each in booked] == [
        (
            step_id(PAYMENT, step),
            step,
            kind,
            entries,
            pending and step_id(PAYMENT, pending),
        )
        for step, kind, entries, pending in expected
    ]
    assert {(each.subject_id, each.currency) for each in booked} <= {(PAYMENT, "EUR")}


def shown(transfer):
    entries = [(entry.account, entry.amount) for entry in transfer.entries]
    ended = transfer.pending_id
    return transfer.transfer_id, transfer.step, transfer.kind, entries, ended


BATCHES = {
    "paid out": (
        ([Debt(ids(), 10_000, 165)], [Repayment(ids(), 400)]),
        {
            "collect": [(CASH, 9_600), (RECEIVABLE, -9_600)],
            "pay-out": [(OWED, 9_435), (CASH, -9_435)],
        },
    ),
    "with a loss": (
        ([Debt(ids(), 10_000, 165), Debt(ids(), 5_000, 95, is_lost=True)], []),
        {
            "collect": [(CASH, 10_000), (RECEIVABLE, -10_000)],
            "pay-out": [(OWED, 14_740), (CASH, -14_740)],
        },
    ),
    "with a loss that was refunded in part": (
        (
            [Debt(ids(), 10_000, 165), Debt(ids(), 5_000, 95, is_lost=True)],
            [Repayment(ids(), 400), Repayment(ids(), 1_000, is_lost=True)],
        ),
        {
            "collect": [(CASH, 9_600), (RECEIVABLE, -9_600)],
            "pay-out": [(OWED, 13_340), (CASH, -13_340)],
        },
    ),
    "only refunds": (
        ([], [Repayment(ids(), 400)]),
        {
            "collect": [(CASH, -400), (RECEIVABLE, 400)],
            "pay-out": [(OWED, -400), (CASH, 400)],
        },
    ),
    "nothing from the scheme": (
        ([Debt(ids(), 5_000, 95, is_lost=True)], []),
        {"pay-out": [(OWED, 4_905), (CASH, -4_905)]},
    ),
    "nothing at all": (([], []), {}),
}


@pytest.mark.parametrize(("owed", "expected"), BATCHES.values(), ids=BATCHES)
def test_a_batch_collects_from_the_scheme_and_pays_the_merchant(owed, expected):
    batch = Batch(ids(), "M-01", "EUR", *owed)

    booked = settlement(batch)

    assert {each.step: shown(each)[3] for each in booked} == expected
    assert {each.subject_id for each in booked} <= {batch.batch_id}
    assert [each.transfer_id for each in booked] == [
        step_id(batch.batch_id, step) for step in expected
    ]


@pytest.mark.parametrize(
    ("amount", "bps", "fixed", "expected"),
    [
        (10_000, 140, 25, 165),
        (10_001, 140, 25, 166),  # a begun cent is a cent
        (10_071, 140, 25, 166),
        (10_072, 140, 25, 167),
        (100, 140, 25, 27),
        (26, 140, 25, 26),
        (25, 140, 25, 25),  # never more than was captured
        (10, 140, 25, 10),
        (1, 140, 25, 1),
        (10_000, 0, 0, 0),
        (10_000, 0, 25, 25),
        (1, 1, 0, 1),
        (10_000, 10_000, 0, 10_000),
        (10_000, 10_000, 1, 10_000),
        (99_999_999, 140, 25, 1_400_025),
    ],
)
def test_a_fee_is_rounded_up_and_never_more_than_the_amount(
    amount, bps, fixed, expected
):
    assert fee(Cents(amount), bps, Cents(fixed)) == expected


def test_a_capture_without_a_fee_moves_the_amount_only():
    free = captured()
    free = type(free)(free.capture_id, free.amount, Cents(0))

    (booked,) = transfers(living(PAYMENT, *BY_BANK, free)[-1])

    assert shown(booked)[3] == [(RECEIVABLE, 10_000), (OWED, -10_000)]
