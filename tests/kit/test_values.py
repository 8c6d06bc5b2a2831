"""Values that are dangerous as plain strings and numbers."""

import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kit.values import Pan, luhn, uuid7

DIGITS = st.text("0123456789", min_size=12, max_size=18)


def completed(body: str) -> str:
    """The body with its check digit, found by trying all ten."""
    return next(body + digit for digit in "0123456789" if luhn(body + digit))


@pytest.mark.parametrize(
    "number",
    ["5204460010000007", "4111111111111111", "378282246310005", "30569309025904"],
)
def test_published_test_numbers_are_valid(number):
    assert Pan.of(number).is_valid


@given(DIGITS)
def test_exactly_one_check_digit_completes_a_number(body):
    assert sum(luhn(body + digit) for digit in "0123456789") == 1


@given(DIGITS, st.data())
def test_one_wrong_digit_is_always_noticed(body, data):
    number = completed(body)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != number[place]]))

    assert not luhn(number[:place] + other + number[place + 1 :])


def test_separators_do_not_change_a_number():
    assert Pan.of("5204 4600-1000 0007") == Pan.of("5204460010000007")


@pytest.mark.parametrize(
    "number", ["", "4111", "4" * 20, "５204460010000007", "٤111111111111111", "41x1"]
)
def test_what_is_not_13_to_19_ascii_digits_is_no_card(number):
    assert not Pan.of(number).is_valid


def test_no_way_of_printing_shows_the_number():
    pan = Pan("5204460010000007")
    try:
        raise ValueError(pan)
    except ValueError as fault:
        printed = [str(pan), repr(pan), f"{pan}", *traceback.format_exception(fault)]

    assert not any("520446" in text for text in printed)
    assert str(pan) == "•••• 0007"


def test_ids_sort_by_the_time_they_were_made():
    early, late = uuid7(), uuid7()

    assert early.version == 7
    assert str(early.variant) == "specified in RFC 4122"
    assert early.int >> 80 <= late.int >> 80
