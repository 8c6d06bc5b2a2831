import os

import pytest

from benchmarks import stacks
from benchmarks.ending import ended
from native import paths, starting
from native.trouble import Trouble


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An instance of an earlier run; nothing is started here."""
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setattr(starting, "up", lambda *_asked, **_how: {"GATEWAY_PORT": 1})
    monkeypatch.setattr(starting, "down", lambda _instance: True)
    monkeypatch.setattr(starting, "is_up", lambda _instance: False)
    old = tmp_path / "bench"
    (old / "postgres").mkdir(parents=True)
    (old / "ports.env").write_text("GATEWAY_PORT=1\n")
    return old


def test_a_stack_that_is_up_already_is_somebodys_and_left_alone(home, monkeypatch):
    monkeypatch.setattr(starting, "is_up", lambda _instance: True)

    with pytest.raises(Trouble, match="up already"), stacks.running("bench"):
        pytest.fail("it was taken")

    assert (home / "postgres").is_dir()


def test_what_an_earlier_run_left_is_gone_inside_and_all_of_it_outside(home):
    with stacks.running("bench"):
        assert not (home / "postgres").exists()
        assert not (home / "ports.env").exists()

    assert not home.exists()


def test_whoever_is_interrupted_takes_his_stack_away(home):
    def interrupted():
        with stacks.running("bench"):
            raise KeyboardInterrupt

    assert ended(interrupted) == 130
    assert not home.exists()


def test_what_the_shell_says_of_telemetry_is_not_measured_along(home, monkeypatch):
    monkeypatch.setenv("OTEL_SDK_DISABLED", "true")

    with stacks.running("bench", {"PAYMENTS_SETTLE_EVERY_S": "5"}):
        assert "OTEL_SDK_DISABLED" not in os.environ
        assert os.environ["PAYMENTS_SETTLE_EVERY_S"] == "5"
    monkeypatch.delenv("PAYMENTS_SETTLE_EVERY_S")


def test_trouble_is_told_and_is_exit_code_1(capsys):
    def troubled():
        raise Trouble("Nothing is up.", "make up")

    assert ended(troubled) == 1
    assert "Nothing is up." in capsys.readouterr().err
