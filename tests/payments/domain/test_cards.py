"""Cards: whose they are by their number."""

import pytest

from apps.kit.values import Pan
from apps.payments.domain.cards import Expiry, brand_of
from apps.payments.store.blocked import NUMBERS
from tests.fakes import PAN


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
        ("6212345678901232", "CHINA_UNION_PAY"),
        ("2220999999999999", "UNKNOWN"),
        ("9999999999999995", "UNKNOWN"),
    ],
)
def test_a_number_belongs_to_its_scheme(number, brand):
    assert brand_of(Pan(number)) == brand


@pytest.mark.parametrize("number", NUMBERS)
def test_blocked_numbers_could_be_cards(number):
    assert Pan(number).is_valid
    assert brand_of(Pan(number)) != "UNKNOWN"


def test_an_expiry_reads_as_it_is_embossed():
    assert Expiry.of("03/27") == Expiry(month=3, year=2027)
