"""The life of a payment: only what may happen happens, and its fold is what it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payments.domain.cards import Card
from apps.payments.domain.changes import (
    AuthorisationRequested,
    PaymentAuthorised,
    PaymentDeclined,
    PaymentReceived,
    deciding,
    decision_of,
)
from apps.payments.domain.payment import (
    TRANSITIONS,
    InvalidState,
    Life,
    Recorded,
    Status,
    fold,
)
from apps.payments.domain.rules import BankAnswer, Mode, Reason, Source, heed, stand_in
from tests.fakes import NOW, TERMINALS, ids, order
from tests.payments.domain.test_rules import LIMITS

CARD = Card(ids(), "MASTERCARD", "0007")
RECEIVED = PaymentReceived.of(order(), TERMINALS["POS-01"], CARD)
REQUESTED = AuthorisationRequested(ids(), 1, 2_000)
AUTHORISED = PaymentAuthorised(Source.BANK, "00", Mode.STANDARD, 1, ids())
DECLINED = PaymentDeclined(
    Reason.AUTHORIZATION_DENIED, Source.BANK, "05", Mode.STANDARD, 1
)
EVENTS = [RECEIVED, REQUESTED, AUTHORISED, DECLINED]
WAYS = {
    None: [],
    Status.RECEIVED: [RECEIVED],
    Status.AUTHORISED: [RECEIVED, AUTHORISED],
    Status.DECLINED: [RECEIVED, DECLINED],
}
"""How a payment comes into each state."""


def lived(events) -> Life:
    life = Life(ids(), "0" * 32)
    for event in events:
        life.happens(event, NOW)
    return life


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize("state", WAYS, ids=str)
def test_what_may_happen_in_a_state_happens_and_all_else_is_refused(state, event):
    life = lived(WAYS[state])

    if state in TRANSITIONS[type(event)]:
        assert life.happens(event, NOW).version == len(WAYS[state]) + 1
    else:
        with pytest.raises(InvalidState):
            life.happens(event, NOW)
        assert len(life.fresh) == len(WAYS[state])


def test_every_event_and_every_state_is_in_the_tables():
    assert set(TRANSITIONS) == {type(event) for event in EVENTS}
    assert set(WAYS) == {None, *Status}


@given(st.lists(st.sampled_from(EVENTS), max_size=30))
def test_whatever_is_tried_the_fold_of_what_happened_is_the_payment(attempts):
    life = lived([])
    for event in attempts:
        try:
            life.happens(event, NOW)
        except InvalidState:
            continue

    assert fold(life.fresh) == life.payment
    assert [each.seq for each in life.fresh] == list(range(1, len(life.fresh) + 1))
    decisions = [each for each in life.fresh if type(each.event) not in PRELIMINARY]
    assert len(decisions) <= 1


PRELIMINARY = (PaymentReceived, AuthorisationRequested)


def test_a_gap_in_the_history_is_refused():
    history = lived([RECEIVED, REQUESTED, AUTHORISED]).fresh

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
        stand_in(order(19_999), LIMITS),
        stand_in(order(20_000), LIMITS),
    ],
)
def test_a_decision_survives_its_event(decision):
    assert decision_of(deciding(decision)) == decision


def test_what_was_kept_is_not_kept_again():
    life = lived([RECEIVED])

    assert [type(each.event) for each in life.flush()] == [PaymentReceived]
    assert life.flush() == []
