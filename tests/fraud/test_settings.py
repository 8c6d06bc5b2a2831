"""A card is RED after it was ORANGE, or fraud does not start."""

import pytest

from apps.fraud.settings import Settings
from apps.kit.settings import EX_CONFIG, load


def test_thresholds_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("FRAUD_ORANGE_AT", "2")
    monkeypatch.setenv("FRAUD_RED_AT", "4")
    monkeypatch.setenv("FRAUD_WINDOW_S", "5")

    settings = load(Settings)

    assert (settings.orange_at, settings.red_at, settings.window_s) == (2, 4, 5.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRAUD_RED_AT", "20"),
        ("FRAUD_ORANGE_AT", "0"),
        ("FRAUD_WINDOW_S", "0"),
        ("FRAUD_WINDOW_S", "inf"),
        ("FRAUD_WINDOW_S", "nan"),
    ],
)
def test_thresholds_that_make_no_sense_stop_the_start(monkeypatch, capsys, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as stopped:
        load(Settings)

    assert stopped.value.code == EX_CONFIG
    assert name in capsys.readouterr().err
