"""What the table of processes says of each, and what of all."""

from argparse import Namespace

import pytest

from native import commands
from native.status import Standing


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("bank", "running", 0),
        ("bank", "stopped", 1),
        ("probe", "stopped", 0),
        ("probe", "fatal", 1),
        ("probe", "starting", 1),
    ],
)
def test_all_is_well_though_a_caller_was_stopped_by_its_name(
    monkeypatch, capsys, name, state, code
):
    standing = Standing(name, state, state == "running", 7, 1, 1.0, "http://there")
    monkeypatch.setattr(commands.status, "standings", lambda _: [standing])

    assert commands.show_status(Namespace(instance="here", json=True)) == code
    assert f'"state": "{state}"' in capsys.readouterr().out
