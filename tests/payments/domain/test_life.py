"""The life of a payment: only what may happen happens, and its fold is what it is."""

from dataclasses import replace

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from apps.kit.values import Cents
from apps.payments.domain.changes import (
    AuthorisationRequested,
    AuthorisationUnknown,
    Outcome,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentFlagged,
    PaymentReceived,
    PaymentRefunded,
    PaymentSettled,
    PaymentVoided,
    ReversalConfirmed,
    ReversalRequested,
    StandInReconciled,
    deciding,
    decision_of,
)
from apps.payments.domain.effects import EFFECTS
from apps.payments.domain.life import TRANSITIONS, fold
from apps.payments.domain.payment import (
    InvalidState,
    Recorded,
    Reversal,
    StandIn,
    Status,
    TooMuch,
)
from apps.payments.domain.rules import (
    BankAnswer,
    declined,
    given_up,
    heed,
    stand_in,
    too_much,
)
from apps.payments.domain.rules import Reason as Why
from apps.payments.domain.rules import Source as Who
from tests.fakes import NOW, ids, order
from tests.payments.domain.lives import (
    AUTHORISED,
    DECLINED,
    DELEGATED,
    EVENTS,
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
    WAYS,
    captured,
    history_of,
    lived,
    refunded,
    way_to,
)
from tests.payments.fakes import LIMITS

TABLE = {
    PaymentReceived: {None},
    AuthorisationRequested: {"received", "pending"},
    AuthorisationUnknown: {"received"},
    PaymentAuthorised: {"received", "pending"},
    PaymentDeclined: {"received", "pending"},
    ReversalRequested: {"declined", "voided", "pending"},
    ReversalConfirmed: {"declined", "voided", "pending"},
    StandInReconciled: {
        "authorised",
        "captured",
        "settled",
        "partially_refunded",
        "refunded",
    },
    PaymentCaptured: {"authorised"},
    PaymentVoided: {"authorised"},
    PaymentRefunded: {"captured", "settled", "partially_refunded"},
    PaymentSettled: {"captured", "partially_refunded", "refunded"},
    PaymentFlagged: set(Status),
}
"""Which event may come in which state."""


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", WAYS, ids=str)
def test_what_may_happen_in_a_state_happens_and_all_else_is_refused(state, event):
    way = way_to(state, event)
    life = lived(way)

    if state in TABLE[type(event)]:
        assert life.happens(event, NOW).version == len(way) + 1
    else:
        before = life.payment
        with pytest.raises(InvalidState):
            life.happens(event, NOW)
        assert len(life.fresh) == len(way)
        assert life.payment is before


def test_every_event_and_every_state_is_in_the_tables():
    kinds = {type(event) for event in EVENTS}

    assert set(TABLE) == set(TRANSITIONS) == kinds
    assert set(EFFECTS) == kinds - {PaymentReceived}
    assert {kind: set(states) for kind, states in TRANSITIONS.items()} == TABLE
    assert set(WAYS) == {None, *Status}


@pytest.mark.parametrize("state", [state for state in WAYS if state], ids=str)
def test_the_ways_lead_where_they_say(state):
    assert lived(WAYS[state]).payment.status is state


def test_a_gap_in_the_history_is_refused():
    history = history_of(lived([RECEIVED, REQUESTED, AUTHORISED]))

    with pytest.raises(InvalidState):
        fold([history[0], history[2]])


def test_a_history_that_does_not_begin_is_refused():
    with pytest.raises(InvalidState):
        fold([Recorded(ids(), 1, AUTHORISED, NOW, "0" * 32)])


@pytest.mark.parametrize(
    "decision",
    [
        heed(BankAnswer(ids(), approved=True, network_code="00")),
        heed(BankAnswer(ids(), approved=False, network_code="51")),
        stand_in(order(19_999), LIMITS, 1),
        stand_in(order(20_000), LIMITS, 1),
        declined(Why.FRAUD_SUSPECTED, Who.FRAUD),
        given_up(),
        too_much(1),
    ],
)
def test_a_decision_survives_its_event(decision):
    assert decision_of(deciding(decision)) == decision


def test_what_was_kept_is_not_kept_again():
    life = lived([RECEIVED])

    assert [type(each.event) for each in life.flush()] == [PaymentReceived]
    assert life.flush() == []


@pytest.mark.parametrize("amount", [1, 14_999, 15_000])
def test_up_to_what_was_authorised_is_captured(amount):
    payment = lived([RECEIVED, AUTHORISED, captured(amount)]).payment

    assert (payment.status, payment.captured) == (Status.CAPTURED, amount)


@pytest.mark.parametrize("amount", [-1, 0, 15_001])
def test_no_more_than_was_authorised_is_captured_nor_less_than_nothing(amount):
    life = lived([RECEIVED, AUTHORISED])

    with pytest.raises(TooMuch):
        life.happens(captured(amount), NOW)


@pytest.mark.parametrize("before", [[], [refunded(10_000)], [SETTLED]])
def test_what_was_captured_is_refunded_and_no_more(before):
    life = lived([RECEIVED, AUTHORISED, captured(12_000), *before])
    left = life.payment.refundable

    for amount in (-1, 0, left + 1, 15_000):
        with pytest.raises(TooMuch):
            life.happens(refunded(amount), NOW)
    assert life.happens(refunded(left - 1), NOW).status is Status.PARTIALLY_REFUNDED
    assert life.happens(refunded(1), NOW).status is Status.REFUNDED
    assert life.payment.refunded == life.payment.captured == 12_000


@pytest.mark.parametrize("before", [[refunded(100)], [refunded(15_000)], []])
def test_what_was_captured_is_settled_once(before):
    life = lived([RECEIVED, AUTHORISED, captured(), *before])
    state = life.payment.status

    payment = life.happens(SETTLED, NOW)

    assert payment.is_settled
    assert payment.status is (Status.SETTLED if state is Status.CAPTURED else state)
    with pytest.raises(InvalidState):
        life.happens(SETTLED, NOW)


@pytest.mark.parametrize("way", [[DECLINED], [AUTHORISED, VOIDED], [UNKNOWN]])
def test_a_reversal_is_requested_once_and_confirmed_once(way):
    life = lived([RECEIVED, *way])
    with pytest.raises(InvalidState):
        life.happens(REVERSED, NOW)

    assert life.happens(REVERSAL, NOW).reversal is Reversal.REQUESTED
    with pytest.raises(InvalidState):
        life.happens(REVERSAL, NOW)
    assert life.happens(REVERSED, NOW).reversal is Reversal.CONFIRMED
    for event in (REVERSAL, REVERSED):
        with pytest.raises(InvalidState):
            life.happens(event, NOW)


@pytest.mark.parametrize("outcome", Outcome)
@pytest.mark.parametrize(
    "before", [[], [captured()], [captured(), refunded(15_000)]], ids=len
)
def test_what_was_accepted_in_the_banks_stead_is_reconciled_once(before, outcome):
    life = lived([RECEIVED, DELEGATED, *before])
    known, state = ids(), life.payment.status
    assert life.payment.standin is StandIn.OPEN

    payment = life.happens(StandInReconciled(outcome, known), NOW)

    assert (payment.standin, payment.status) == (StandIn(outcome.value), state)
    assert payment.is_confirmed_by_bank is (outcome is not Outcome.REJECTED)
    with pytest.raises(InvalidState):
        life.happens(RECONCILED, NOW)


def test_what_the_bank_itself_approved_is_not_reconciled():
    with pytest.raises(InvalidState):
        lived([RECEIVED, AUTHORISED, RECONCILED])


@pytest.mark.parametrize(
    ("way", "standin"),
    [
        ([DELEGATED, VOIDED], None),
        ([DELEGATED, RECONCILED, VOIDED], StandIn.CONFIRMED),
        ([DELEGATED, REJECTED, VOIDED], StandIn.REJECTED),
        ([AUTHORISED, VOIDED], None),
    ],
)
def test_a_voided_payment_is_no_exposure(way, standin):
    assert lived([RECEIVED, *way]).payment.standin is standin


@pytest.mark.parametrize("attempts", [0, 1, 3])
@pytest.mark.parametrize("event", [AUTHORISED, DELEGATED], ids=["bank", "stand-in"])
def test_the_bank_may_hold_what_it_or_its_stand_in_accepted(event, attempts):
    """A breaker may have kept us from asking it; later it is asked all the same."""
    payment = lived([RECEIVED, replace(event, attempts=attempts)]).payment

    assert payment.is_held_at_bank


def test_what_the_shop_decides_alone_the_bank_never_holds():
    alone = replace(AUTHORISED, source=Who.FLOOR_LIMIT, attempts=0)

    assert not lived([RECEIVED, alone]).payment.is_held_at_bank
    assert not lived([RECEIVED]).payment.is_held_at_bank


AMOUNTS = st.integers(1, 16_000)
MANY = settings(max_examples=200, stateful_step_count=30, deadline=None)


class Lives(RuleBasedStateMachine):
    """Whatever is tried, in whatever order, a payment never is what it cannot be."""

    @initialize(event=st.sampled_from([AUTHORISED, DELEGATED, DECLINED, UNKNOWN]))
    def begins(self, event):
        """Half of the lives would else end before they begin."""
        self.life = lived([RECEIVED])
        self.was_voided = False
        self.tries(event)

    def tries(self, event):
        before = self.life.payment
        may = before.status in TABLE[type(event)]
        try:
            self.life.happens(event, NOW)
        except InvalidState:
            assert self.life.payment is before
        else:
            assert may
            self.was_voided |= isinstance(event, PaymentVoided)

    @rule(event=st.sampled_from([RECEIVED, REQUESTED, UNKNOWN, FLAGGED]))
    def something_happens(self, event):
        self.tries(event)

    @rule(event=st.sampled_from([AUTHORISED, DELEGATED, DECLINED]))
    def is_decided(self, event):
        self.tries(event)

    @rule(event=st.sampled_from([REVERSAL, REVERSED, RECONCILED, REJECTED]))
    def has_the_banks_say(self, event):
        self.tries(event)

    @rule(amount=AMOUNTS)
    def is_captured(self, amount):
        self.tries(captured(amount))

    @rule(amount=AMOUNTS)
    def is_refunded(self, amount):
        self.tries(refunded(amount))

    @rule(event=st.sampled_from([VOIDED, SETTLED]))
    def ends(self, event):
        self.tries(event)

    @precondition(lambda self: self.life.payment.refundable > 0)
    @rule(share=st.floats(0, 1))
    def gives_back_what_there_is(self, share):
        left = self.life.payment.refundable
        before = self.life.payment.refunded
        self.tries(refunded(max(1, int(left * share))))
        assert self.life.payment.refunded > before

    @invariant()
    def no_more_goes_back_than_came_nor_comes_than_was_granted(self):
        payment = self.life.payment
        assert 0 <= payment.refunded <= payment.captured <= payment.amount
        assert payment.refundable == payment.captured - payment.refunded

    def teardown(self):
        """The fold of what happened is the payment; the sequence has no gaps."""
        history = history_of(self.life)
        assert fold(history) == self.life.payment
        assert [each.seq for each in history] == list(range(1, len(history) + 1))
        assert self.life.payment.version == len(history)

    @invariant()
    def what_is_voided_is_never_captured(self):
        payment = self.life.payment
        assert not (self.was_voided and payment.captured)
        assert self.was_voided is (payment.status is Status.VOIDED)

    @invariant()
    def there_is_one_decision_at_most(self):
        kinds = [type(each.event) for each in self.life.fresh]
        decisions = kinds.count(PaymentAuthorised) + kinds.count(PaymentDeclined)
        assert decisions <= 1
        assert (self.life.payment.decision is None) is (decisions == 0)

    @invariant()
    def what_is_settled_was_captured(self):
        payment = self.life.payment
        assert not payment.is_settled or payment.captured > Cents(0)

    @invariant()
    def only_what_the_shop_decided_alone_is_exposed(self):
        payment = self.life.payment
        if payment.standin is StandIn.OPEN:
            assert payment.decision.source is Who.DELEGATION
            assert payment.status is not Status.VOIDED


TestLives = Lives.TestCase
TestLives.settings = MANY
