"""The table of what chaos found is generated from the rows' own results."""

from dataclasses import replace

import pytest

from docs import chaos
from native.evidence import LogLine
from tests.chaos import files

ROWS = {
    *("C2", "C3", "C7", "C17", "C17b", "C19", "C20"),
    *("C9", "C10", "C11", "C11b", "C12", "C12b", "C12k", "C15", "C16"),
    *("C24", "C25"),
}
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


def test_the_table_stands_once_and_nowhere_else():
    pages = [
        page for page in chaos.HERE.glob("*.md") if chaos.BEGIN in page.read_text()
    ]

    assert pages == [chaos.PAGE]
    assert chaos.PAGE.read_text().count(chaos.BEGIN) == 1


@pytest.mark.parametrize("row", sorted(ROWS - {"C7"}))
def test_what_was_broken_was_seen_or_is_known_by_its_time(row):
    (result,) = [each for each in chaos.results() if each["row"] == row]

    assert result["injected_at"] < result["ended_at"]
    assert result["recovered_at"]


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


KEPT = LogLine(0, "payment.decided", {"service_name": "payments", "trace_id": "t"})


def came(at, instance, **facts):
    """A line as Loki has it."""
    return replace(
        KEPT,
        time=int(at * 1e9),
        facts={**KEPT.facts, "service_instance_id": instance, **facts},
    )


def on_disk(at, instance):
    return at, (instance, KEPT.body, "t")


AHEAD = {"payments-1": -300.0, "payments-2": 7200.0}


@pytest.mark.parametrize(
    ("line", "instance"),
    [
        (came(1050, "bank-1"), "bank-1"),
        (came(750, "payments-1"), "payments-1"),
        (came(1055, "payments-2", clock_told=str(8250 * 10**9)), "payments-2"),
    ],
)
def test_a_line_is_looked_for_when_it_was_told_whatever_its_clock_said(line, instance):
    kept = [on_disk(1050, instance)]

    lines = files.of_services([line], AHEAD)

    assert lines == kept
    assert not files.more(kept, lines, 1000, 1100)
    assert files.more(kept, [], 1000, 1100).total() == 1
    assert files.more(lines * 2, kept, 1000, 1100).total() == 1


def test_what_is_told_after_the_end_is_neither_lost_nor_doubled():
    late = files.of_services([came(805, "payments-1")], AHEAD)

    assert not files.more(late, [], 1000, 1100)
