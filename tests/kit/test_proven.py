"""A signature is checked once; time and the issuer's keys have their say each time."""

from datetime import timedelta

import pytest

from apps.kit import jwt, proven
from apps.kit.auth import Reason, Refused
from apps.kit.jwt import LEEWAY_S, Reader
from tests.kit.tokens import KEY, NOON, OTHER, said, signed

READER = Reader("payscope", "payscope", clock=lambda: NOON)


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(proven, "_proven", {})


def test_a_signature_is_checked_once(monkeypatch):
    token, checked = signed(), []
    check = jwt._verified
    monkeypatch.setattr(
        jwt, "_verified", lambda *asked: checked.append(asked) or check(*asked)
    )

    callers = [READER.read(token, {"one": KEY}) for _ in range(3)]

    assert len(checked) == 1
    assert callers[0] == callers[1] == callers[2]


@pytest.mark.parametrize("keys", [{}, {"two": KEY}, {"one": OTHER}])
def test_who_was_known_is_not_once_his_key_is_withdrawn(keys):
    token = signed()
    READER.read(token, {"one": KEY})

    with pytest.raises(Refused):
        READER.read(token, keys)


def test_who_was_known_is_not_when_his_time_is_up():
    token = signed()
    READER.read(token, {"one": KEY})
    ends = timedelta(seconds=said()["exp"] - NOON.timestamp() + LEEWAY_S)
    later = Reader("payscope", "payscope", clock=lambda: NOON + ends)

    with pytest.raises(Refused) as refused:
        later.read(token, {"one": KEY})

    assert refused.value.why is Reason.EXPIRED


def test_another_audience_does_not_know_him():
    token = signed()
    READER.read(token, {"one": KEY})

    with pytest.raises(Refused):
        Reader("payscope", "other", clock=lambda: NOON).read(token, {"one": KEY})


def test_whose_signature_is_bad_is_not_remembered():
    good = signed()
    bad = good[:-6] + ("A" * 6 if not good.endswith("A" * 6) else "B" * 6)

    for _ in range(2):
        with pytest.raises(Refused):
            READER.read(bad, {"one": KEY})

    assert proven.known(bad) is None


def test_only_so_many_are_remembered(monkeypatch):
    monkeypatch.setattr(proven, "REMEMBERED", 2)
    tokens = [signed(said(jti=str(number))) for number in range(3)]

    for token in tokens:
        READER.read(token, {"one": KEY})

    assert [bool(proven.known(token)) for token in tokens] == [False, True, True]
