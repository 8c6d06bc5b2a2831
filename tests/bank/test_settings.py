"""The bank lends, opens accounts and holds as it is told, or does not start."""

import pytest

from apps.bank.settings import Settings
from apps.kit.settings import EX_CONFIG, load


def test_what_the_bank_lends_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("BANK_LIMIT", "50000")
    monkeypatch.setenv("BANK_OPENING_BALANCE", "70000")
    monkeypatch.setenv("BANK_HOLD_S", "60")

    settings = load(Settings)

    assert settings.limit == 50_000
    assert settings.opening_balance == 70_000
    assert settings.hold_s == 60.0


def test_with_nothing_set_a_hold_lasts_a_week_and_an_account_for_months(monkeypatch):
    for name in ("BANK_LIMIT", "BANK_OPENING_BALANCE", "BANK_HOLD_S"):
        monkeypatch.delenv(name, raising=False)

    settings = load(Settings)

    assert settings.hold_s == 7 * 24 * 3600
    assert settings.opening_balance / settings.limit > 1_000_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BANK_LIMIT", "-1"),
        ("BANK_LIMIT", "12.5"),
        ("BANK_OPENING_BALANCE", "-1"),
        ("BANK_OPENING_BALANCE", str(2**63)),
        ("BANK_HOLD_S", "0"),
        ("BANK_HOLD_S", "inf"),
        ("BANK_HOLD_S", "nan"),
        ("BANK_EXPIRY_EVERY_S", "0"),
    ],
)
def test_what_makes_no_sense_stops_the_start(monkeypatch, capsys, name, value):
    monkeypatch.setenv(name, value)

    with pytest.raises(SystemExit) as stopped:
        load(Settings)

    assert stopped.value.code == EX_CONFIG
    assert name in capsys.readouterr().err
