"""Two runs are told apart where they differ, and not where chance alone made a difference."""

import json

import pytest

from loadtests.report import compare
from loadtests.report.comparing import ratios
from loadtests.report.locating import located
from loadtests.report.reading import Unreadable, read

from . import runs
from .test_page import Page


@pytest.fixture
def loads(tmp_path):
    return tmp_path / "default" / "loads"


def written(loads, name, lines, **facts):
    return runs.write(loads / name, lines, **facts)


def hints(before, after):
    return {
        (each.who, each.what): each.hint for each in ratios(read(before), read(after))
    }


def test_a_run_beside_itself_is_within_noise(loads):
    home = written(loads, "20261122-100000-steady", runs.usual())

    for each in ratios(read(home), read(home)):
        assert each.ratio == 1
        assert each.low <= 1 <= each.high
        assert each.hint == "within noise"


def test_chance_alone_is_seldom_more_than_noise(loads):
    found = []
    for seed in range(3, 8):
        one = written(loads, f"2026112{seed}-100000-steady", runs.usual(seed=seed))
        other = written(
            loads, f"2026112{seed}-110000-steady", runs.usual(seed=90 + seed)
        )
        found += hints(one, other).values()

    assert sum(hint != "within noise" for hint in found) <= len(found) / 5


def test_half_as_slow_again_is_seen_in_both_directions(loads):
    one = written(loads, "20261122-100000-steady", runs.usual(seed=1))
    other = written(loads, "20261122-110000-steady", runs.usual(seed=2, slower=1.5))

    assert set(hints(one, other).values()) == {"slower"}
    assert set(hints(other, one).values()) == {"faster"}


def test_what_few_asked_is_not_compared(loads):
    lines = [*runs.usual(), runs.line(1, kind="other", step="turn the page")]
    home = written(loads, "20261122-100000-steady", lines)

    assert not [
        who for who, _ in hints(home, home) if who in {"other path", "turn the page"}
    ]


def test_the_command_writes_a_page_and_tells_what_changed(loads, capsys):
    written(loads, "20261122-100000-steady", runs.usual(seed=1))
    bad = [
        each | (runs.SHED if at % 50 == 0 else {})
        for at, each in enumerate(runs.usual(seed=2))
    ]
    later = written(loads, "20261122-110000-steady", bad, users=50)

    code = compare.main(["last-1"], data=loads.parent.parent)

    told = capsys.readouterr().out
    page = Page((later / "compare.html").read_text())
    kept = json.loads((later / "compare.json").read_text())
    assert code == 0
    for text in (told, page.text):
        assert "Not the same load: users: 20 and 50" in text
        assert "held → missed" in text
        assert "bad answers, in 100" in text
    assert kept["before"] == "20261122-100000-steady"
    assert not [tag for tag, at in page.tags if "src" in at or tag == "link"]


def test_what_telemetry_came_to_is_taken_from_the_reports(loads):
    homes = [written(loads, f"20261122-1{n}0000-steady", runs.usual(5)) for n in (0, 1)]
    for home, share in zip(homes, (1.0, 0.9), strict=True):
        said = {"slos": [{"name": "telemetry", "measured": share}]}
        (home / "report.json").write_text(json.dumps(said))

    found = compare.compared(*homes)

    assert (
        "telemetry that arrived",
        "≥ 99.90 %",
        "100.00 %",
        "90.00 %",
        "held → missed",
    ) in found.promises


def test_a_run_beside_a_dead_one_is_said_plainly(loads):
    one = written(loads, "20261122-100000-steady", runs.usual(5))
    dead = written(loads, "20261122-110000-steady", [runs.line(1, **runs.SILENCE)])

    compare.compared(one, dead)

    assert "nobody answered" in Page((dead / "compare.html").read_text()).text


def test_a_run_is_found_by_what_people_call_it(loads):
    first = written(loads, "20261122-100000-steady", runs.usual(1))
    other = loads.parent.parent / "other" / "loads"
    second = written(other, "20261122-110000-rush", runs.usual(1))
    data = loads.parent.parent

    assert located(str(first), data) == first
    assert located("last", data) == second
    assert located("last-1", data) == first
    assert located("20261122-110000-rush", data) == second
    assert located("20261122-10", data) == first


@pytest.mark.parametrize("word", ["last-2", "20261122", "nonsense"])
def test_what_is_no_run_or_may_be_several_is_refused(loads, word, capsys):
    written(loads, "20261122-100000-steady", runs.usual(1))
    written(loads, "20261122-110000-rush", runs.usual(1))

    with pytest.raises(Unreadable):
        located(word, loads.parent.parent)
    assert compare.main([word], data=loads.parent.parent) == 2
    assert "Nothing to compare" in capsys.readouterr().err
