"""The rules of a card payment."""

from dataclasses import replace
from datetime import date

import pytest

from apps.kit.values import Cents
from apps.payments.domain.cards import Card, Expiry
from apps.payments.domain.orders import (
    UNCHECKED,
    Exposure,
    Limits,
    Screening,
    Terminal,
)
from apps.payments.domain.rules import (
    ASK_BANK,
    BankAnswer,
    Mode,
    Reason,
    Source,
    Verdict,
    given_up,
    heed,
    judge,
    refusal,
    stand_in,
    too_much,
    within_caps,
)
from tests.fakes import ids, order

TODAY = date(2026, 3, 15)
LIMITS = Limits(
    floor=Cents(10_000),
    delegation=Cents(20_000),
    standins_per_card=3,
    exposure=Cents(50_000),
)
OPEN = Terminal("POS-01", "M-01", is_active=True, currency="EUR")
CLOSED = Terminal("POS-03", "M-02", is_active=False, currency="EUR")
GREEN = Screening("GREEN", checked=True)
CARD = Card(ids(), "MASTERCARD", "0007")
STRANGE = Card(ids(), "UNKNOWN", "0000")
BLOCKED = replace(CARD, is_blocked=True)
EXPIRED = replace(order(amount=10), expiry=Expiry(2, 2026))


def decided(asked, terminal=OPEN, card=CARD, fraud=GREEN):
    refused = refusal(asked, terminal, card, today=TODAY)
    return refused or judge(asked, fraud, LIMITS)


def test_a_closed_terminal_takes_no_payment():
    decision = decided(order(amount=10), CLOSED)

    assert (decision.verdict, decision.reason) == (
        Verdict.DECLINED,
        Reason.INACTIVE_POS,
    )
    assert decision.network_code == "58"


def test_a_card_of_no_known_scheme_is_declined():
    decision = decided(order(amount=10), card=STRANGE)

    assert decision.reason is Reason.UNKNOWN_CARD_TYPE
    assert decision.network_code == "15"


def test_an_expired_card_is_declined():
    decision = decided(EXPIRED)

    assert (decision.reason, decision.network_code) == (Reason.EXPIRED_CARD, "54")


@pytest.mark.parametrize(
    ("month", "year", "good"),
    [(2, 2026, False), (3, 2026, True), (12, 2025, False), (1, 2027, True)],
)
def test_a_card_is_good_until_the_end_of_its_last_month(month, year, good):
    decision = decided(replace(order(amount=10), expiry=Expiry(month, year)))

    assert (decision.verdict is Verdict.AUTHORISED) is good


def test_a_blocked_card_is_declined():
    decision = decided(order(amount=10), card=BLOCKED)

    assert decision.reason is Reason.BLACK_LISTED_CARD_NUMBER
    assert decision.network_code == "62"


@pytest.mark.parametrize(
    ("asked", "terminal", "card", "reason"),
    [
        (EXPIRED, CLOSED, STRANGE, Reason.INACTIVE_POS),
        (EXPIRED, OPEN, STRANGE, Reason.UNKNOWN_CARD_TYPE),
        (EXPIRED, OPEN, BLOCKED, Reason.EXPIRED_CARD),
        (order(50_000), OPEN, BLOCKED, Reason.BLACK_LISTED_CARD_NUMBER),
    ],
)
def test_the_first_failing_rule_decides(asked, terminal, card, reason):
    assert decided(asked, terminal, card).reason is reason


@pytest.mark.parametrize("amount", [10, 10_000, 10_001, 40_001])
def test_a_card_that_looks_bad_is_declined_before_the_bank_is_asked(amount):
    decision = decided(order(amount), fraud=Screening("RED", checked=True))

    assert (decision.reason, decision.network_code) == (Reason.FRAUD_SUSPECTED, "59")
    assert decision.source is Source.FRAUD


@pytest.mark.parametrize("fraud", [UNCHECKED, GREEN, Screening("ORANGE", checked=True)])
@pytest.mark.parametrize("amount", [10_000, 10_001])
def test_a_card_that_does_not_look_bad_goes_on(fraud, amount):
    assert decided(order(amount), fraud=fraud) == decided(order(amount))


@pytest.mark.parametrize("amount", [10, 9_999, 10_000])
def test_up_to_the_floor_limit_the_shop_decides_alone(amount):
    decision = decided(order(amount))

    assert decision.verdict is Verdict.AUTHORISED
    assert (decision.source, decision.mode) == (Source.FLOOR_LIMIT, Mode.STANDARD)


@pytest.mark.parametrize("amount", [10_001, 99_999_999])
def test_above_the_floor_limit_the_bank_decides(amount):
    assert decided(order(amount)) == ASK_BANK


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
    decision = stand_in(order(amount), LIMITS, 1)

    assert (decision.reason, decision.network_code) == (reason, code)
    assert (decision.mode, decision.source) == (Mode.FALLBACK, Source.DELEGATION)
    assert decision.attempts == 1


@pytest.mark.parametrize(
    ("of_card", "total", "fits"),
    [
        (0, 0, True),
        (2, 35_000, True),
        (3, 0, False),
        (2, 35_001, False),
        (0, 50_000, False),
    ],
)
def test_what_is_accepted_in_the_banks_stead_stays_within_caps(of_card, total, fits):
    before = Exposure(of_card, Cents(total))

    assert within_caps(Cents(15_000), before, LIMITS) is fits


def test_above_the_caps_the_answer_is_that_of_an_amount_too_large():
    decision = too_much(1)

    assert decision == stand_in(order(20_000), LIMITS, 1)
    assert (decision.reason, decision.network_code) == (Reason.AMOUNT_EXCEEDED, "91")


def test_what_nobody_decided_is_given_up():
    decision = given_up()

    assert (decision.verdict, decision.reason) == (
        Verdict.DECLINED,
        Reason.SYSTEM_ERROR,
    )
    assert (decision.network_code, decision.attempts) == ("96", 0)
