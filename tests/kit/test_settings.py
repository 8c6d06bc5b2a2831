"""Settings come from the environment, once, and a bad one stops the start."""

import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.gateway.settings import Settings
from apps.kit.settings import load, secret_file


def test_with_nothing_set_all_runs_on_loopback():
    assert load(Settings).host == "127.0.0.1"


def test_a_bad_value_names_its_variable_and_exits_with_78(monkeypatch, capsys):
    monkeypatch.setenv("GATEWAY_PORT", "many")

    with pytest.raises(SystemExit) as exit_:
        load(Settings)

    assert exit_.value.code == 78
    assert "GATEWAY_PORT" in capsys.readouterr().err


def test_a_secret_is_made_once_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "secrets" / "key"

    first, second = secret_file(path), secret_file(path)

    assert first == second
    assert len(first) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("content", [b"", b"half a key", b"x" * 33])
def test_what_is_no_key_stops_the_start(tmp_path, capsys, content):
    path = tmp_path / "key"
    path.write_bytes(content)

    with pytest.raises(SystemExit) as exit_:
        secret_file(path)

    assert exit_.value.code == 78
    assert str(path) in capsys.readouterr().err


def test_many_at_once_have_the_same_key(tmp_path):
    with ThreadPoolExecutor(8) as crowd:
        keys = set(crowd.map(secret_file, [tmp_path / "key"] * 16))

    assert len(keys) == 1
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_a_token_is_not_printed_with_the_settings():
    assert "payscope-demo" not in repr(load(Settings))
