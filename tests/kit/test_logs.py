"""The log chain: one JSON object per line, whoever wrote it."""

import logging

import pytest

from apps.kit import masking
from apps.kit.logs import FIELD_LIMIT
from apps.kit.signals import tell

PAN = "5204460010000007"


@pytest.mark.parametrize(
    "trick", ["a\nb", "a\rb", "\x1b[31mred", "a\u2028b", '{"level":']
)
def test_a_line_stays_one_line_whatever_is_in_it(told, trick):
    tell("fact.told", {"fact.note": trick})

    assert told.event("fact.told")["fact.note"] == trick
    assert len(told.everything().splitlines()) <= len(told._lines) + 2


def test_a_librarys_line_comes_out_in_the_same_shape(told):
    logging.getLogger("some.library").warning("cannot reach %s", "elsewhere")

    line = told.event("cannot reach elsewhere")
    assert line["level"] == "warning"
    assert line["logger"] == "some.library"


def test_a_librarys_line_is_masked_too(told):
    logging.getLogger("some.library").warning("body was %s", PAN)

    assert PAN not in told.everything()


def test_a_number_on_the_cut_is_not_told(told):
    logging.getLogger("some.library").warning("%s", "x" * 8_182 + " " + PAN)

    assert PAN[:12] not in told.everything()


def test_a_line_whose_arguments_do_not_fit_breaks_nobody(told):
    pattern = "%d of %s"
    logging.getLogger("some.library").warning(pattern, "none")

    assert told.event("%d of %s")["level"] == "warning"


def test_a_text_without_end_is_cut(told):
    logging.getLogger("some.library").warning("x" * 1_000_000)

    assert len(told._lines[-1]) < 10_000


def test_only_what_is_told_of_a_text_is_masked(told, monkeypatch):
    lengths = []

    def measuring(text):
        lengths.append(len(text))
        return text

    monkeypatch.setattr(masking, "masked", measuring)
    try:
        raise ValueError("4 " * 100_000)
    except ValueError:
        logging.getLogger("some.library").exception("x" * 100_000)

    assert len(lengths) >= 3
    assert max(lengths) <= FIELD_LIMIT


def test_a_stack_trace_is_told_from_its_end_and_no_number_is_cut_apart(told):
    behind = "x" * (FIELD_LIMIT - 16)
    try:
        raise ValueError(f"{PAN} {behind}")
    except ValueError:
        logging.getLogger("some.library").exception("failed")

    stack = told.event("failed")["exception.stacktrace"]
    assert stack.rstrip() == f"…{behind}"
    assert PAN[4:] not in told.everything()
