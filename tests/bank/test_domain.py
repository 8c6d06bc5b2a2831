"""How an authorisation is decided, captured, reversed, and expires."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.bank.domain.accounts import Account
from apps.bank.domain.authorisations import Authorisation, Code, Reversal, Verdict
from apps.bank.domain.holds import TOMBSTONE, AboveHold, Hold, HoldState, NotHeld
from apps.bank.domain.rules import (
    arrived_late,
    buried,
    captured,
    decided,
    expired,
    judge,
    reversed_by,
    was_captured,
)
from apps.kit.values import Cents

from .conftest import NOW, asked

LIMIT = Cents(40_000)
END = NOW + timedelta(days=7)
REVERSAL = Reversal(uuid4(), "timeout", NOW)
AMOUNT = Cents(30_000)

OPEN = Hold(HoldState.HELD, AMOUNT, Cents(0), END)
CAPTURED = replace(OPEN, state=HoldState.CAPTURED, captured=AMOUNT)
REVERSED = replace(OPEN, state=HoldState.REVERSED)
EXPIRED = replace(OPEN, state=HoldState.EXPIRED)
ENDED = [CAPTURED, REVERSED, EXPIRED, TOMBSTONE, None]


def account(balance=100_000, held=0):
    return Account(uuid4(), "EUR", Cents(balance), Cents(held))


def standing(hold):
    code = Code.REFUSED if hold in {None, TOMBSTONE} else Code.APPROVED
    request = asked(AMOUNT)
    return Authorisation(uuid4(), request.request_id, request, code, hold)


@pytest.mark.parametrize(
    ("amount", "balance", "held", "code"),
    [
        (1, 1, 0, "00"),
        (2, 1, 0, "51"),
        (39_999, 100_000, 0, "00"),
        (40_000, 100_000, 0, "00"),
        (40_001, 100_000, 0, "61"),
        (40_000, 40_000, 0, "00"),
        (40_000, 39_999, 0, "51"),
        (40_000, 100_000, 60_000, "00"),
        (40_000, 100_000, 60_001, "51"),
        (40_001, 0, 0, "61"),
        (10, 0, 0, "51"),
        (99_999_999, 100_000, 0, "61"),
    ],
)
def test_the_limit_is_asked_before_the_funds(amount, balance, held, code):
    assert judge(asked(amount), account(balance, held), LIMIT) == code


def test_a_yes_holds_the_amount_and_nothing_is_paid_yet():
    request, behind = asked(AMOUNT), account(held=5)

    change = decided(uuid4(), request, behind, LIMIT, END)

    assert change.authorisation.verdict is Verdict.APPROVED
    assert change.authorisation.hold == OPEN
    assert change.account == replace(behind, held=5 + AMOUNT)
    assert change.moved == AMOUNT


@pytest.mark.parametrize("behind", [account(), account(balance=0)])
def test_a_no_leaves_the_account_alone(behind):
    change = decided(uuid4(), asked(40_001), behind, LIMIT, END)

    assert change.authorisation.verdict is Verdict.REFUSED
    assert (change.authorisation.hold, change.account) == (None, None)
    assert change.moved == 0


@pytest.mark.parametrize("amount", [1, AMOUNT - 1, AMOUNT])
def test_a_capture_pays_what_it_asks_and_releases_all(amount):
    change = captured(standing(OPEN), account(held=AMOUNT + 7), Cents(amount), NOW)

    assert change.authorisation.hold == replace(
        OPEN, state=HoldState.CAPTURED, captured=amount
    )
    assert (change.account.balance, change.account.held) == (100_000 - amount, 7)
    assert was_captured(change.authorisation, Cents(amount))
    assert not was_captured(change.authorisation, Cents(amount + 1))


def test_a_capture_takes_no_more_than_is_held():
    with pytest.raises(AboveHold):
        captured(standing(OPEN), account(held=AMOUNT), Cents(AMOUNT + 1), NOW)


@pytest.mark.parametrize("hold", ENDED)
@pytest.mark.parametrize("amount", [1, AMOUNT, AMOUNT + 1])
def test_what_is_not_held_is_not_captured(hold, amount):
    with pytest.raises(NotHeld):
        captured(standing(hold), account(), Cents(amount), NOW)


@pytest.mark.parametrize(
    ("after", "is_over"), [(-1, False), (0, True), (1, True)], ids=str
)
def test_a_hold_is_over_at_its_very_end(after, is_over):
    at, known = END + timedelta(microseconds=after), standing(OPEN)

    change = expired(known, account(held=AMOUNT), at)

    assert (change.authorisation.hold_state is HoldState.EXPIRED) is is_over
    assert (change.account is not None) is is_over
    if is_over:
        with pytest.raises(NotHeld):
            captured(known, account(held=AMOUNT), AMOUNT, at)


@pytest.mark.parametrize("hold", ENDED)
def test_what_has_ended_does_not_expire(hold):
    known = standing(hold)

    change = expired(known, account(), END + timedelta(days=1))

    assert (change.authorisation, change.account) == (known, None)


def test_a_reversal_releases_what_is_held():
    change = reversed_by(REVERSAL, standing(OPEN), account(held=AMOUNT + 7))

    assert change.authorisation.hold_state is HoldState.REVERSED
    assert change.authorisation.reversal == REVERSAL
    assert (change.account.balance, change.account.held) == (100_000, 7)
    assert change.moved == AMOUNT


@pytest.mark.parametrize("hold", [EXPIRED, None], ids=["expired", "refused"])
def test_a_reversal_of_what_holds_nothing_moves_nothing(hold):
    change = reversed_by(REVERSAL, standing(hold), None)

    assert change.authorisation.hold == hold
    assert change.authorisation.reversal == REVERSAL
    assert (change.account, change.moved) == (None, 0)


def test_what_is_paid_is_not_reversed():
    with pytest.raises(NotHeld):
        reversed_by(REVERSAL, standing(CAPTURED), None)


def test_a_request_that_comes_after_its_reversal_is_refused():
    request = asked(AMOUNT)

    tombstone = buried(uuid4(), request.request_id, REVERSAL).authorisation
    late = arrived_late(tombstone, request)

    assert tombstone.is_tombstone
    assert tombstone.request is None
    assert late.authorisation == replace(tombstone, request=request)
    assert (late.authorisation.code, late.account) == ("05", None)
