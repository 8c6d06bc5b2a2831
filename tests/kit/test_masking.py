"""The second lock on the card number."""

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from apps.kit import cards
from apps.kit.cards import holds_card
from apps.kit.masking import CARDLESS, bounded, bounded_end, masked
from tests import planting

WORD = TypeAdapter(Annotated[str, CARDLESS])
FORMS = ["5204460010000007", "5204 4600 1000 0007", "5204-4600-1000-0007"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "around", ["{}", "card={},", '{{"number": "{}"}}', "({})", "/{}/"]
)
def test_a_card_number_in_text_keeps_its_last_four_digits(form, around):
    shown = masked(around.format(form))

    assert form not in shown
    assert "•••• 0007" in shown


@pytest.mark.parametrize(
    "number", ["378282246310005", "30569309025904", "6011111111111117"]
)
def test_shorter_and_longer_schemes_are_masked_too(number):
    assert number not in masked(f"pan {number} refused")


@pytest.mark.parametrize(
    "text",
    [
        "card 5204460010000007 12/30 refused",
        "5204460010000007 123",
        "pos 25 5204460010000007",
        "expiry=12/30 5204460010000007",
        "5204460010000007-1",
        "25 5204 4600 1000 0007 99",
        "1 2 3 5204-4600-1000-0007 4 5 6",
    ],
)
def test_other_digits_beside_a_number_do_not_hide_it(text):
    shown = masked(text)

    assert "•••• 0007" in shown
    assert "4600" not in shown


def test_a_phone_number_does_not_take_the_first_group_of_a_card():
    """One in ten of them is a card number by chance, together with that group."""
    card = "4111 1111 1111 1111"
    shown = {last: masked(f"447700900{last:03} {card}") for last in range(1_000)}

    assert shown[5] == "•••• 1111"
    assert not [text for text in shown.values() if not text.endswith("•••• 1111")]
    assert not [text for text in shown.values() if "1111 1111" in text]


@given(
    st.text("0123456789", min_size=12, max_size=19)
    | st.from_regex("[3-6][0-9]{11}([0-9]{3})?", fullmatch=True),
    st.sampled_from(" -"),
    st.sampled_from(FORMS),
    st.sampled_from(["", " 12/30", " 4 5 6"]),
)
@example("447700900005", " ", FORMS[1], "")
def test_a_card_behind_any_long_number_is_masked(number, between, card, behind):
    shown = masked(f"{number}{between}{card}{behind}")

    assert not re.search("[ -]?".join("520446001000"), shown)
    assert not re.search("[ -]?".join("460010000007"), shown)


@pytest.mark.parametrize("form", planting.FORMS)
@pytest.mark.parametrize("issuer", planting.ISSUERS)
def test_a_card_is_masked_however_it_is_written(issuer, form):
    number = planting.number(issuer)
    for around in planting.AROUND:
        text = around.replace("{}", planting.FORMS[form](number))

        shown = masked(text)

        assert f"•••• {number[-4:]}" in shown
        assert len(re.findall(r"\d", shown)) <= 11, (text, shown)
        assert holds_card(text)


def test_two_numbers_in_one_text_are_both_masked():
    assert masked("5204460010000007, 4111111111111111") == "•••• 0007, •••• 1111"


@given(st.integers(0, 2**128 - 1))
def test_trace_ids_are_left_alone(number):
    assert masked(f"{number:032x}") == f"{number:032x}"


@given(st.uuids())
@example(UUID("7ec310dd-fa6e-3b66-6999-703484959027"))
def test_uuids_are_left_alone(uuid):
    assert masked(str(uuid)) == str(uuid)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001
def test_timestamps_are_left_alone(moment):
    seconds = moment.replace(tzinfo=UTC).timestamp()
    for stamp in (str(int(seconds * 1e3)), str(int(seconds * 1e9))):
        assert masked(stamp) == stamp


@pytest.mark.parametrize("form", [*FORMS, "5204.4600.1000.0007", "52044600/1000:0007"])
@pytest.mark.parametrize("around", ["{}", "order{}", "4711-{}", "{}-12/30", "x{}y"])
def test_a_word_to_keep_may_hold_no_card_number(form, around):
    word = around.format(form)

    assert holds_card(word)
    with pytest.raises(ValidationError) as refused:
        WORD.validate_python(word)
    assert refused.value.errors()[0]["type"] == "card_number"


@pytest.mark.parametrize(
    "word",
    [
        "POS-01",
        "order-4711",
        "2026-11-22T03:04:05",
        "5204460010000008",
        "75204460010000007",
        "",
    ],
)
def test_other_words_may_be_kept(word):
    assert WORD.validate_python(word) == word


@given(st.uuids())
@example(UUID("7ec310dd-fa6e-3b66-6999-703484959027"))
def test_a_uuid_may_be_kept(uuid):
    assert not holds_card(f"order:{uuid}")


def slowly_masked(text):
    """The rule in its plainest words: each length, at each place."""
    hidden = list(text)
    for many in range(13, 20):
        card = re.compile(rf"(?<![0-9A-Za-z])[2-6](?:[ -]?[0-9]){{{many - 1}}}")
        for start in range(len(text)):
            found = card.match(text, start)
            if not found or re.match("[0-9A-Za-z]", text[found.end() :]):
                continue
            digits = re.sub("[ -]", "", found[0])
            if cards.is_card(digits):
                hidden[start : found.end()] = "#" * len(found[0])

    def told(span):
        digits = re.sub("[ -]", "", text[span.start() : span.end()])
        return f"•••• {digits[-4:]}"

    return re.sub("#+", told, "".join(hidden))


PIECES = st.sampled_from(
    [*FORMS, "378282246310005", "4111111111111111", "25", "x", "."]
)
DIGITS = st.text("0123456789 -", max_size=30) | st.text("456- a.", max_size=30)


@given(st.lists(PIECES | DIGITS, max_size=6).map("".join))
@example("4111111111111111 5204460010000007-3 4")
def test_it_masks_what_the_plain_rule_masks(text):
    assert masked(text) == slowly_masked(text)


@pytest.mark.parametrize("pattern", ["4-", "6-", "6 ", "52-", "6", "4222222222222-"])
def test_twice_the_text_is_at_most_twice_the_work(monkeypatch, pattern):
    tried = 0

    def counting(digits):
        nonlocal tried
        tried += 1
        return False

    monkeypatch.setattr(cards, "is_card", counting)

    def work(times):
        nonlocal tried
        tried = 0
        masked("/" + pattern * times)
        return tried

    assert work(1_000) <= 2.1 * work(500) + 10
    assert work(1_000) <= 7 * 1_000


def test_many_groups_in_a_word_are_tried_a_bounded_number_of_times(monkeypatch):
    tried = []
    monkeypatch.setattr(cards, "is_card", tried.append)

    holds_card("6/" * 1_000)

    assert len(tried) <= 19 * 1_000


@given(st.text("0123456789 -/x", max_size=60), st.integers(1, 60))
def test_of_a_long_text_the_beginning_is_told_and_no_card_cut_apart(before, most):
    told = bounded(f"{before}/{FORMS[1]}/{before}", most)

    assert len(told) <= most + 1
    assert "5204 4600 1000" not in told


@given(st.text("0123456789 -/x", max_size=60), st.integers(1, 60))
def test_of_a_long_text_the_end_is_told_and_no_card_cut_apart(behind, most):
    told = bounded_end(f"{behind}/{FORMS[1]}/{behind}", most)

    assert len(told) <= most + 1
    assert "4600 1000 0007" not in told


def test_a_short_text_is_told_whole():
    assert bounded_end("/payments/5204460010000007", 64) == "/payments/•••• 0007"
    assert bounded_end("5204460010000007/x/y", 12) == "…/x/y"
    assert bounded("/payments/5204460010000007", 64) == "/payments/•••• 0007"
    assert bounded("/x/5204460010000007", 12) == "/x/…"
