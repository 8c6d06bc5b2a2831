"""The table of what chaos found is generated from the rows' own results."""

import pytest

from docs import chaos

ROWS = {"C2", "C3", "C7", "C17", "C17b", "C19", "C20"}
FIELDS = {"row", "fault", "injected_at", "ended_at", "detected_at", "recovered_at"}

RESULT = {
    "row": "C99",
    "fault": "the bank is away",
    "injected_at": "2026-11-22T12:00:00.000+00:00",
    "detected_at": "2026-11-22T12:00:04.260+00:00",
    "ended_at": "2026-11-22T12:00:20.000+00:00",
    "recovered_at": None,
    "counts": {"payments": 7, "answers 5xx": 0},
    "verdict": "passed",
}


def test_the_page_says_what_the_rows_found():
    assert not chaos.stale(), "run `python -m docs.chaos`"


def test_every_row_was_run_and_passed():
    found = {result["row"]: result["verdict"] for result in chaos.results()}

    assert found == dict.fromkeys(ROWS, "passed")


@pytest.mark.parametrize("result", chaos.results(), ids=lambda result: result["row"])
def test_a_result_has_its_fields(result):
    assert result.keys() == FIELDS | {"counts", "verdict"}
    assert result["counts"]


def test_a_row_tells_how_long_it_took_to_see_it_and_to_recover():
    (line,) = chaos.table([RESULT]).splitlines()[2:]

    cells = [cell.strip() for cell in line.strip("|").split("|")]
    assert cells == [
        "C99",
        "the bank is away",
        "4.3 s",
        "-",
        "payments: 7; answers 5xx: 0",
        "passed",
    ]


def test_only_what_is_between_the_marks_is_replaced():
    page = f"before\n{chaos.BEGIN}\nold\n{chaos.END}\nafter\n"

    rendered = chaos.rendered(page, [RESULT])

    assert rendered.startswith("before\n")
    assert rendered.endswith(f"{chaos.END}\nafter\n")
    assert "old" not in rendered
    assert chaos.rendered(rendered, [RESULT]) == rendered


def test_a_page_without_marks_is_not_written():
    with pytest.raises(ValueError, match=chaos.BEGIN):
        chaos.rendered("nothing here", [])
