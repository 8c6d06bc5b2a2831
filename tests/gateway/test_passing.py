"""The short way takes what is written as it should be, and nothing else."""

import pytest
from fastapi import Request

from apps.gateway.app.passing import is_plain

ID = "01a201d6-6976-708b-97f4-5a6f7898be24"
KINDS = {"payment_id": "uuid", "name": "name"}


def asked(payment_id=ID, name="M-01", waits=()):
    headers = [(b"request-timeout-ms", each.encode()) for each in waits]
    parts = {"payment_id": payment_id, "name": name}
    return Request({"type": "http", "headers": headers, "path_params": parts})


@pytest.mark.parametrize("waits", [(), ("1500",)])
def test_what_is_written_as_it_should_be_passes(waits):
    assert is_plain(asked(waits=waits), KINDS)


@pytest.mark.parametrize(
    "given",
    [
        {"payment_id": ID.upper()},
        {"payment_id": ID.replace("-", "")},
        {"payment_id": f"{ID}\n"},
        {"payment_id": "no"},
        {"name": "a.b"},
        {"name": "a b"},
        {"name": "é"},
        {"name": "a" * 65},
        {"name": ""},
        {"name": "4111111111111111"},
        {"name": "M-4111-1111-1111-1111"},
        {"waits": ("0",)},
        {"waits": ("-1",)},
        {"waits": ("soon",)},
        {"waits": ("",)},
        {"waits": ("10", "20")},
    ],
)
def test_anything_else_goes_the_long_way(given):
    assert not is_plain(asked(**given), KINDS)
