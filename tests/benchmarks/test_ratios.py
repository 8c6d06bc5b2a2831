import json
from io import StringIO

import pytest
from rich.console import Console

from benchmarks import ratios
from benchmarks.__main__ import judge, parser
from benchmarks.ratios import Better, Ratio, Verdict

CHEAP = Ratio("cpu of bank", 2.0, "CPU of bank per payment, in yardsticks", 0.2)
MANY = Ratio("knee", 10.0, "payments at the knee", 0.3, Better.HIGHER)


@pytest.fixture
def file(tmp_path):
    kept = tmp_path / "ratios.json"
    ratios.keep([CHEAP, MANY], kept)
    return kept


@pytest.fixture
def console():
    return Console(file=StringIO(), width=120)


def now(kept, value):
    return Ratio(kept.name, value, kept.what, kept.within, kept.better)


def verdicts(measured, file, *, quick=False):
    compared = ratios.compare(measured, file, quick=quick)
    return [each.verdict for each in compared]


def test_what_is_kept_says_what_it_is_and_how_noisy(file):
    told = json.loads(file.read_text())

    assert told["knee"] == {
        "is": 10.0,
        "what": "payments at the knee",
        "within": 0.3,
        "better": "higher",
    }
    assert ratios.load(file) == {"cpu of bank": CHEAP, "knee": MANY}


@pytest.mark.parametrize("cost", [1.7, 2.0, 2.39])
def test_within_its_noise_a_ratio_holds(file, console, cost):
    compared = ratios.compare([now(CHEAP, cost)], file)

    assert ratios.show(compared, console)
    assert "Warning" not in console.file.getvalue()


def test_past_its_noise_a_ratio_is_warned_of_by_name(file, console):
    compared = ratios.compare([now(CHEAP, 2.5)], file)

    assert not ratios.show(compared, console)
    said = console.file.getvalue()
    assert "Warning: cpu of bank was 2 and is 2.5, more than 20% worse." in said


def test_what_should_be_high_is_worse_when_it_is_low(file):
    assert verdicts([now(MANY, 6.9)], file) == [Verdict.WORSE]
    assert verdicts([now(MANY, 7.1)], file) == [Verdict.HOLDS]
    assert verdicts([now(MANY, 13.5)], file) == [Verdict.BETTER]


def test_what_became_better_is_no_warning(file, console):
    compared = ratios.compare([now(CHEAP, 1.0)], file)

    assert ratios.show(compared, console)
    assert "--keep" in console.file.getvalue()


def test_a_quick_run_may_be_off_by_half_as_much_again(file):
    assert verdicts([now(CHEAP, 2.5)], file, quick=True) == [Verdict.HOLDS]
    assert verdicts([now(CHEAP, 2.7)], file, quick=True) == [Verdict.WORSE]


def test_what_was_never_kept_is_new(file):
    assert verdicts([Ratio("other", 1.0, "another")], file) == [Verdict.NEW]


def test_keeping_some_leaves_the_others_as_they_were(file):
    ratios.keep([now(CHEAP, 1.5)], file)

    assert ratios.load(file)["knee"] == MANY
    assert ratios.load(file)["cpu of bank"].value == 1.5


def test_a_run_tells_its_ratios_as_they_are_read_again():
    assert ratios.from_json(ratios.as_json([CHEAP, MANY])) == [CHEAP, MANY]


@pytest.mark.parametrize(("words", "code"), [([], 0), (["--strict"], 1)])
def test_a_warning_fails_only_who_is_strict(words, code, file, monkeypatch):
    monkeypatch.setattr(ratios.compare, "__defaults__", (file,))
    asked = parser().parse_args(words)

    assert judge(asked, [now(CHEAP, 9.0)], quick=False) == code
    assert judge(asked, [CHEAP], quick=False) == 0


def test_the_committed_ratios_can_be_read():
    for each in ratios.load().values():
        assert each.value > 0, each.name
        assert 0 < each.within < 1, each.name
        assert each.what, each.name
