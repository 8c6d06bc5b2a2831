"""Whatever happens to however many payments: the books balance, and end at nothing."""

from dataclasses import dataclass, field, replace
from itertools import cycle

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from apps.payments.domain.booking import Account, merchant_payable
from apps.payments.domain.changes import Outcome, PaymentCaptured, VoidReason
from apps.payments.domain.ledger import PAY_OUT, settlement, transfers
from apps.payments.domain.life import Life
from apps.payments.domain.payment import StandIn, Status
from apps.payments.domain.rules import Source
from apps.payments.domain.settlement import Batch, Debt, Repayment, settling
from tests.payments.ledger.book import Book
from tests.payments.ledger.lives import (
    AT,
    TRACE,
    authorised,
    captured,
    ids,
    received,
    reconciled,
    refunded,
    voided,
)

MERCHANTS = ("M-01", "M-02")
SOURCES = (Source.FLOOR_LIMIT, Source.BANK, Source.DELEGATION)
amounts = st.integers(10, 50_000)


@dataclass(eq=False)
class Lived(Life):
    """A payment, and what of it is not settled yet."""

    debt: PaymentCaptured | None = None
    repayments: list[Repayment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.payment.standin is StandIn.OPEN

    @property
    def owed(self) -> int:
        debt = self.debt.amount - self.debt.fee if self.debt else 0
        return debt - sum(each.amount for each in self.repayments)

    def settled(self) -> Debt:
        event, self.debt = self.debt, None
        lost = self.payment.standin is StandIn.REJECTED
        return Debt(self.payment_id, event.amount, event.fee, is_lost=lost)

    def repaid(self) -> list[Repayment]:
        paid, self.repayments = self.repayments, []
        lost = self.payment.standin is StandIn.REJECTED
        return [replace(each, is_lost=lost) for each in paid]


class Lives(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.book = Book()
        self.lives: list[Lived] = []
        self.fees = 0

    @initialize(several=st.lists(amounts, min_size=3, max_size=6))
    def some_are_authorised(self, several):
        for amount, source in zip(several, cycle(reversed(SOURCES)), strict=False):
            self.authorise(amount, MERCHANTS[amount % 2], source)

    @rule(
        amount=amounts,
        merchant=st.sampled_from(MERCHANTS),
        source=st.sampled_from(SOURCES),
    )
    def authorise(self, amount, merchant, source):
        self.lives.append(Lived(ids(), TRACE, None, "nobody"))
        self.happens(self.lives[-1], received(amount, merchant), authorised(source))

    @precondition(lambda self: self.are(Status.AUTHORISED))
    @rule(data=st.data())
    def capture(self, data):
        life = one_of(data, self.are(Status.AUTHORISED))
        life.debt = captured(data.draw(st.integers(1, life.payment.amount)))
        self.fees += life.debt.fee
        self.happens(life, life.debt)

    @precondition(lambda self: self.are(Status.AUTHORISED))
    @rule(data=st.data(), reason=st.sampled_from(VoidReason))
    def void(self, data, reason):
        self.happens(one_of(data, self.are(Status.AUTHORISED)), voided(reason))

    @precondition(lambda self: self.refundable())
    @rule(data=st.data())
    def refund(self, data):
        life = one_of(data, self.refundable())
        event = refunded(data.draw(st.integers(1, life.payment.refundable)))
        life.repayments.append(Repayment(event.refund_id, event.amount))
        self.happens(life, event)

    @precondition(lambda self: self.open())
    @rule(data=st.data(), outcome=st.sampled_from(Outcome))
    def reconcile(self, data, outcome):
        life = one_of(data, self.open())
        self.happens(life, reconciled(outcome))
        if outcome is Outcome.REJECTED and life.payment.status is Status.AUTHORISED:
            self.happens(life, voided(VoidReason.STANDIN_REJECTED))

    @rule(merchant=st.sampled_from(MERCHANTS))
    def settle(self, merchant):
        """As the store does it: what is still exposed waits, and what is not covered."""
        paid = [life for life in self.of(merchant) if life.debt and not life.is_open]
        known = [
            life
            for life in self.of(merchant)
            if life in paid or life.payment.is_settled
        ]
        if sum(life.owed for life in known) < 0:
            return
        debts = [life.settled() for life in paid]
        repaid = [each for life in known for each in life.repaid()]
        batch = Batch(ids(), merchant, "EUR", debts, repaid)
        assert batch.is_payable == bool(debts or repaid)
        self.book.add(settlement(batch))
        for life, debt in zip(paid, debts, strict=True):
            self.happens(life, settling(batch, debt))

    @invariant()
    def everything_sums_to_zero(self):
        assert not self.book.sums(self.book.posted()).total()
        assert not self.book.sums(self.book.pending()).total()

    @invariant()
    def the_exposure_is_what_is_open(self):
        waiting = [life.payment for life in self.open()]
        assert self.book.exposed() == sum(
            each.captured or each.amount for each in waiting
        )

    @invariant()
    def what_is_authorised_is_pending_once(self):
        pending = [each.subject_id for each in self.book.pending()]
        authorised_ = [life.payment_id for life in self.are(Status.AUTHORISED)]
        assert sorted(pending) == sorted(authorised_)

    @invariant()
    def no_payment_gives_more_than_it_has(self):
        for life in self.lives:
            payment = life.payment
            assert 0 <= payment.refunded <= payment.captured <= payment.amount

    @invariant()
    def a_merchant_is_owed_what_is_not_settled(self):
        for merchant in MERCHANTS:
            owed = sum(life.owed for life in self.of(merchant))
            assert self.book.balance(merchant_payable(merchant)) == -owed

    @invariant()
    def every_fee_is_earned(self):
        assert self.book.balance(Account.FEE_INCOME) == -self.fees

    @invariant()
    def no_merchant_is_asked_for_cash(self):
        booked = self.book.transfers.values()
        assert all(
            entry.amount > 0
            for transfer in booked
            if transfer.step == PAY_OUT
            for entry in transfer.entries
            if entry.account != Account.SETTLEMENT_CASH
        )

    def teardown(self):
        """The bank speaks on all that is open, and everybody is paid."""
        for life in self.open():
            self.happens(life, reconciled(Outcome.CONFIRMED))
        for merchant in MERCHANTS:
            self.sells(merchant)
            self.settle(merchant)
            assert self.book.balance(merchant_payable(merchant)) == 0
        lost = sum(
            life.payment.refundable
            for life in self.lives
            if life.payment.standin is StandIn.REJECTED
        )
        assert self.book.exposed() == 0
        assert self.book.balance(Account.SCHEME_RECEIVABLE) == 0
        assert self.book.balance(Account.STANDIN_LOSS) == lost
        assert self.book.balance(Account.SETTLEMENT_CASH) == self.fees - lost

    def sells(self, merchant):
        """What covers all that he owes."""
        owed = -sum(life.owed for life in self.of(merchant))
        self.authorise(2 * max(0, owed) + 100, merchant, Source.BANK)
        life = self.lives[-1]
        life.debt = captured(life.payment.amount)
        self.fees += life.debt.fee
        self.happens(life, life.debt)

    def happens(self, life, *events):
        for event in events:
            life.happens(event, AT)
        for happened in life.flush():
            self.book.add(transfers(happened))

    def of(self, merchant):
        return [life for life in self.lives if life.payment.merchant_id == merchant]

    def are(self, status):
        return [life for life in self.lives if life.payment.status is status]

    def open(self):
        return [life for life in self.lives if life.is_open]

    def refundable(self):
        return [life for life in self.lives if life.payment.refundable]


def one_of(data, lives):
    return data.draw(st.sampled_from(lives))


TestLives = Lives.TestCase
TestLives.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
