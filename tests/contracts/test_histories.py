"""The histories of the back office's tests are what payments announces, to the field."""

from dataclasses import replace

import pytest

from apps.backoffice.domain.changes import Change
from apps.backoffice.events import parsed
from apps.kit.values import Cents
from apps.payments.announcing import announcements, payout
from apps.payments.domain.booking import fee
from apps.payments.domain.changes import (
    Outcome,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentRefunded,
    PaymentVoided,
    StandInReconciled,
    VoidReason,
)
from apps.payments.domain.life import Life
from apps.payments.domain.rules import Mode, Reason, Source
from apps.payments.domain.settlement import Batch, Debt, Repayment, settling
from tests.backoffice.histories import LIVES, PAYOUTS, life
from tests.fakes import NOW, ids
from tests.payments.domain.lives import RECEIVED, REQUESTED

TRACE = "0" * 32
TOLD = (
    "kind",
    "status",
    "response_code",
    "network_code",
    "processing_mode",
    "source",
    "attempts",
    "captured",
    "fee",
    "refunded",
    "refunded_total",
    "net",
    "reason",
    "outcome",
)
AT_ONCE = [replace(RECEIVED, amount=Cents(25_000))]
ASKED = [*AT_ONCE, REQUESTED]
BY_BANK = PaymentAuthorised(Source.BANK, "00", Mode.STANDARD, 1, ids())
STOOD_IN = PaymentAuthorised(Source.DELEGATION, "00", Mode.FALLBACK, 1)
REFUSED = PaymentDeclined(
    Reason.AUTHORIZATION_DENIED, Source.BANK, "05", Mode.STANDARD, 1
)
SETTLE = "settle"


def captured(amount):
    return PaymentCaptured(ids(), Cents(amount), fee(Cents(amount), 140, Cents(25)))


def refunded(amount):
    return PaymentRefunded(ids(), Cents(amount))


LIVED = {
    "declined": ([*AT_ONCE, REFUSED],),
    "held": (ASKED, [BY_BANK]),
    "settled": ([*AT_ONCE, BY_BANK], [captured(20_000)], SETTLE),
    "refunded twice": (
        [*AT_ONCE, BY_BANK],
        [captured(25_000)],
        [refunded(5_000)],
        [refunded(2_000)],
        SETTLE,
    ),
    "refunded once settled": (
        [*AT_ONCE, BY_BANK],
        [captured(25_000)],
        SETTLE,
        [refunded(25_000)],
    ),
    "rejected by the bank": (
        [*AT_ONCE, STOOD_IN],
        [
            StandInReconciled(Outcome.REJECTED),
            PaymentVoided(ids(), VoidReason.STANDIN_REJECTED),
        ],
    ),
    "confirmed by the bank": (
        [*AT_ONCE, STOOD_IN],
        [captured(25_000)],
        [StandInReconciled(Outcome.CONFIRMED, ids())],
    ),
}
"""The same lives, as payments lives them: what happens at once, one after another."""


@pytest.mark.parametrize("name", LIVES)
def test_a_history_tells_what_payments_announces(name):
    told, paid = heard_of(LIVED[name])

    assert [shown(each) for each in told] == [shown(each) for each in life(1, name)]
    assert [each.net for each in paid] == [PAYOUTS[name] for _ in paid]
    assert bool(paid) == (name in PAYOUTS)


def heard_of(steps):
    """The changes and payouts that the back office reads of such a life."""
    lived, before, events = Life(ids(), TRACE, None, "nobody"), [], []
    for step in steps:
        if step == SETTLE:
            batch = batch_of(lived.payment_id, before)
            events.append(payout(batch, NOW))
        happens = [settling(batch, batch.debts[0])] if step == SETTLE else step
        for event in happens:
            lived.happens(event, NOW)
        before += happens
        events += announcements(lived.flush())
    said = [
        parsed(event.type, event.model_dump_json().encode(), 1).says for event in events
    ]
    changes = [each for each in said if isinstance(each, Change)]
    return changes, [each for each in said if not isinstance(each, Change)]


def batch_of(payment_id, before):
    """The batch that pays it out, alone, with what was given back before."""
    (taken,) = [each for each in before if isinstance(each, PaymentCaptured)]
    given = [
        Repayment(each.refund_id, each.amount)
        for each in before
        if isinstance(each, PaymentRefunded)
    ]
    debt = Debt(payment_id, taken.amount, taken.fee)
    return Batch(ids(), "M-01", "EUR", [debt], given)


def shown(change):
    return {name: getattr(change, name) for name in TOLD}
