"""The rules of a card payment."""

import pytest

from apps.kit.values import Cents, Pan
from apps.payments.domain import (
    ASK_BANK,
    BankAnswer,
    Card,
    Limits,
    Mode,
    Reason,
    Source,
    Terminal,
    Verdict,
    brand_of,
    heed,
    judge,
    stand_in,
)
from tests.fakes import PAN, ids, order

LIMITS = Limits(floor=Cents(10_000), delegation=Cents(20_000))
OPEN = Terminal("POS-01", "M-01", is_active=True)
CLOSED = Terminal("POS-04", "M-02", is_active=False)
CARD = Card(ids(), "MASTERCARD", "0007")
STRANGE = Card(ids(), "UNKNOWN", "0000")


def test_a_closed_terminal_takes_no_payment():
    decision = judge(order(amount=10), CLOSED, CARD, LIMITS)

    assert (decision.verdict, decision.reason) == (
        Verdict.DECLINED,
        Reason.INACTIVE_POS,
    )
    assert decision.network_code == "58"


def test_a_card_of_no_known_scheme_is_declined():
    decision = judge(order(amount=10), OPEN, STRANGE, LIMITS)

    assert decision.reason is Reason.UNKNOWN_CARD_TYPE
    assert decision.network_code == "15"


def test_the_first_failing_rule_decides():
    assert judge(order(), CLOSED, STRANGE, LIMITS).reason is Reason.INACTIVE_POS


@pytest.mark.parametrize("amount", [10, 9_999, 10_000])
def test_up_to_the_floor_limit_the_shop_decides_alone(amount):
    decision = judge(order(amount), OPEN, CARD, LIMITS)

    assert decision.verdict is Verdict.AUTHORISED
    assert (decision.source, decision.mode) == (Source.FLOOR_LIMIT, Mode.STANDARD)


@pytest.mark.parametrize("amount", [10_001, 99_999_999])
def test_above_the_floor_limit_the_bank_decides(amount):
    assert judge(order(amount), OPEN, CARD, LIMITS) == ASK_BANK


def test_the_banks_yes_is_ours():
    answer = BankAnswer(ids(), approved=True, network_code="00")

    decision = heed(answer)

    assert (decision.verdict, decision.source) == (Verdict.AUTHORISED, Source.BANK)
    assert decision.authorisation_id == answer.authorisation_id
    assert decision.attempts == 1


@pytest.mark.parametrize("code", ["05", "51", "61"])
def test_the_banks_no_is_ours_with_its_own_code(code):
    decision = heed(BankAnswer(ids(), approved=False, network_code=code))

    assert decision.reason is Reason.AUTHORIZATION_DENIED
    assert decision.network_code == code


@pytest.mark.parametrize(
    ("amount", "reason", "code"),
    [(19_999, Reason.ACCEPTED, "00"), (20_000, Reason.AMOUNT_EXCEEDED, "91")],
)
def test_below_the_delegation_limit_a_silent_bank_is_stood_in_for(amount, reason, code):
    decision = stand_in(order(amount), LIMITS)

    assert (decision.reason, decision.network_code) == (reason, code)
    assert (decision.mode, decision.source) == (Mode.FALLBACK, Source.DELEGATION)
    assert decision.attempts == 1


@pytest.mark.parametrize(
    ("number", "brand"),
    [
        ("4111111111111111", "VISA"),
        ("4222222222222", "VISA"),
        (PAN.digits, "MASTERCARD"),
        ("2221000000000009", "MASTERCARD"),
        ("2720990000000007", "MASTERCARD"),
        ("378282246310005", "AMERICAN_EXPRESS"),
        ("30569309025904", "DINERS_CLUB"),
        ("6011111111111117", "DISCOVER"),
        ("3530111333300000", "JCB"),
        ("2220999999999999", "UNKNOWN"),
        ("9999999999999995", "UNKNOWN"),
    ],
)
def test_a_number_belongs_to_its_scheme(number, brand):
    assert brand_of(Pan(number)) == brand
