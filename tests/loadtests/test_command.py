"""The command line says all that can be asked for, and refuses what cannot."""

import subprocess
import sys

import pytest

from loadtests import instance, scenario
from loadtests.command import parser, planned
from loadtests.journeys import JOURNEYS
from loadtests.plan import Plan, is_known, new_folder
from loadtests.shapes import SHAPES
from native.paths import ROOT


def command(*words):
    return subprocess.run(
        [sys.executable, "-m", "loadtests", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def plan(*words):
    return planned(parser().parse_args(words))


def test_help_lists_every_shape_scenario_and_journey():
    said = parser().format_help()

    for name in (*SHAPES, *scenario.names(), *JOURNEYS):
        assert f"\n  {name:10} " in said
    for shape in SHAPES.values():
        assert shape.about in said


def test_a_shape_has_figures_of_its_own():
    soak, broken = plan("--shape", "soak"), plan("--shape", "break", "--users", "7")

    assert (soak.minutes, soak.users, soak.rate) == (30, 20, None)
    assert (broken.minutes, broken.users) == (5, 7)


def test_a_rate_makes_any_shape_an_open_one():
    assert plan("--shape", "open").rate == 10
    assert plan("--shape", "open", "--scenario", "gentle").rate == 1.5
    assert plan("--shape", "rush", "--rate", "30").is_open
    assert not plan("--scenario", "gentle").is_open


def test_a_seed_is_new_each_time_unless_it_is_asked_for():
    assert plan("--seed", "0").seed == 0
    assert plan().seed != plan().seed


@pytest.mark.parametrize(
    "words",
    [
        ["--users", "0"],
        ["--users", "some"],
        ["--minutes", "-1"],
        ["--minutes", "inf"],
        ["--rate", "nan"],
        ["--seed", "-3"],
        ["--shape", "round"],
    ],
)
def test_nonsense_is_refused(words, capsys):
    with pytest.raises(SystemExit) as ended:
        plan(*words)

    assert ended.value.code == 2
    assert words[0] in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--instance", "never-made"], "native up --instance never-made"),
        (["--host", "http://127.0.0.1:1"], "No gateway answers at"),
        (["--scenario", "moxed"], "there is no scenario moxed"),
    ],
)
def test_what_cannot_run_says_why_and_what_to_do(words, said):
    done = command(*words)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_gateway_that_gives_no_token_is_none(monkeypatch):
    def refuses(_url):
        raise OSError("401")

    class Opened:
        def close(self):
            """Nothing is open."""

    monkeypatch.setattr(instance, "bearer", refuses)
    monkeypatch.setattr(instance._direct, "open", lambda *_, **__: Opened())

    with pytest.raises(instance.Away, match="gives no token"):
        instance.found("any", "http://127.0.0.1:1")


def test_each_run_has_a_directory_of_its_own(tmp_path):
    folders = {new_folder(tmp_path, "steady") for _ in range(3)}

    assert len(folders) == 3
    assert all(folder.is_dir() for folder in folders)


def test_a_plan_is_read_as_it_was_written(tmp_path):
    folder = new_folder(tmp_path, "rush")
    asked = Plan(run_id="r", shape="rush", seed=7, users=5, rate=2.5, minutes=1.0)

    asked.write(folder)

    assert Plan.read(folder) == asked
    assert is_known(7, tmp_path)
    assert not is_known(8, tmp_path)
