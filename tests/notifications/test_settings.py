"""What notifications can be told by its environment."""

import pytest

from apps.kit.broker import ACK_WAIT_S
from apps.kit.settings import EX_CONFIG, load
from apps.notifications.settings import Settings
from apps.notifications.usecases import LEASE


def test_the_schedule_is_what_the_documents_say():
    assert load(Settings).webhook_delays_s == (5, 30, 120, 600, 3600)


def test_a_schedule_is_written_with_commas(monkeypatch):
    monkeypatch.setenv("NOTIFICATIONS_WEBHOOK_DELAYS_S", "0.1,2")

    assert load(Settings).webhook_delays_s == (0.1, 2)


def test_no_attempt_outlives_its_lease_and_no_lease_its_job():
    timeout = Settings.model_fields["webhook_timeout_s"]
    longest = max(getattr(each, "le", 0) for each in timeout.metadata)

    assert longest < LEASE.total_seconds() < ACK_WAIT_S


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("WEBHOOK_DELAYS_S", "5,soon"),
        ("WEBHOOK_DELAYS_S", "5,-1"),
        ("WEBHOOK_TIMEOUT_S", "7"),
        ("WEBHOOK_TIMEOUT_S", "0"),
        ("WEBHOOK_URL", "merchant"),
    ],
)
def test_a_setting_that_makes_no_sense_stops_the_start(
    monkeypatch, capsys, name, value
):
    monkeypatch.setenv(f"NOTIFICATIONS_{name}", value)

    with pytest.raises(SystemExit) as stopped:
        load(Settings)

    assert stopped.value.code == EX_CONFIG
    assert f"NOTIFICATIONS_{name}" in capsys.readouterr().err
