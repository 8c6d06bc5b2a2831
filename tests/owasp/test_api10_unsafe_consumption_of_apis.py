"""API10:2023. What other services answer is read as warily as what callers send.

A stub stands where the bank and fraud would: whatever it says, a payment ends in a yes, a
no or a named silence, in time, and nobody is asked whom it names.
"""

import gzip
import json
import resource
import time
from contextlib import asynccontextmanager, suppress

import pytest

from apps.kit import deadlines, http
from apps.payments.clients import HttpBank, HttpFraud
from apps.payments.domain.orders import UNCHECKED
from apps.payments.ports import BankRefuses, BankSilent
from tests.fakes import ids
from tests.payments.domain.lives import CARD, RECEIVED, lived
from tests.payments.guards import guard_of_bank, guard_of_fraud

from .listening import listening

PAYMENT = lived([RECEIVED]).payment
ATTEMPT_S = 0.5
SOON_S = 2.0
GROWTH_MB = 64

HELD = {
    "authorisation_id": str(ids()),
    "request_id": str(PAYMENT.payment_id),
    "approved": True,
    "network_code": "00",
    "hold_state": "held",
}


def answer(body, status="200 OK", kind="application/json", **headers):
    """An answer whose length is right, whatever else is wrong with it."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", "Connection: close"]
    lines += [f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def saying(*pieces):
    """Sends them, and hangs up."""

    def answers(line):
        for piece in pieces:
            line.sendall(piece)

    return answers


def dripping(piece, pause_s):
    """Sends a little, again and again."""

    def answers(line):
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
        for _ in range(100):
            line.sendall(piece)
            time.sleep(pause_s)

    return answers


def endless(line):
    """A body that never ends, as fast as it is taken."""
    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = bytes(1 << 20)
    with suppress(OSError):
        while True:
            line.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))


BOMB = gzip.compress(bytes(256 << 20))

NONSENSE = {
    "no JSON": saying(answer(b"<html>it works</html>", kind="text/html")),
    "half of JSON": saying(answer(b'{"approved": tru')),
    "nothing": saying(answer(b"")),
    "null": saying(answer(None)),
    "an array": saying(answer([HELD])),
    "an empty object": saying(answer({})),
    "no id": saying(answer({k: HELD[k] for k in HELD if k != "authorisation_id"})),
    "an id that is none": saying(answer(HELD | {"authorisation_id": "../../x"})),
    "yes in words": saying(answer(HELD | {"approved": "yes"})),
    "yes as a number": saying(answer(HELD | {"approved": 1})),
    "no word at all": saying(answer(HELD | {"approved": None})),
    "an object for a code": saying(answer(HELD | {"network_code": {"$ne": ""}})),
    "a code of a megabyte": saying(answer(HELD | {"network_code": "0" * (1 << 20)})),
    "a code of another line": saying(answer(HELD | {"network_code": "0\n0"})),
    "a hundred thousand brackets": saying(answer(b"[" * 100_000)),
    "bytes that are no text": saying(answer(b"\xff\xfe\x00{")),
}
"""Answers that are no answer: the bank refuses to be understood, and nothing is approved."""

SILENCES = {
    "hangs up": saying(),
    "no HTTP": saying(b"\x16\x03\x01 hello\r\n\r\n"),
    "half a head": saying(b"HTTP/1.1 200 OK\r\nContent-Type: app"),
    "half a body": saying(answer(HELD)[:-9]),
    "a head of a megabyte": saying(b"HTTP/1.1 200 OK\r\nX: " + b"h" * (1 << 20)),
    "a status that is none": saying(b"HTTP/1.1 abc\r\n\r\n"),
    "an error": saying(answer({}, status="500 Internal Server Error")),
    "come again in a thousand years": saying(
        answer({}, status="503 Away", Retry_After="31536000000")
    ),
    "a head that drips": dripping(b"X: y\r\n", 0.1),
    "a body that drips": dripping(b"Content-Length: 999999\r\n\r\n{", 0.1),
    "a body without an end": endless,
    "a bomb": saying(answer(BOMB, Content_Encoding="gzip")),
}


@asynccontextmanager
async def bank(answers):
    with listening(answers) as there:
        async with http.client("bank", there.url, timeout_s=ATTEMPT_S) as client:
            yield HttpBank(client, guard_of_bank(attempts=1)), there


@pytest.mark.parametrize("said", NONSENSE)
async def test_nonsense_approves_nothing(told, said):
    async with bank(NONSENSE[said]) as (port, _there):
        with pytest.raises((BankRefuses, BankSilent)):
            await port.authorise(PAYMENT)


async def test_a_sound_answer_is_understood(told):
    """So that what is refused above is refused for what is wrong with it."""
    async with bank(saying(answer(HELD))) as (port, _there):
        assert (await port.authorise(PAYMENT)).approved


@pytest.mark.parametrize("how", SILENCES)
async def test_whatever_is_no_answer_is_silence_in_time(told, how):
    before_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.monotonic()
    async with bank(SILENCES[how]) as (port, _there):
        with deadlines.within(SOON_S), pytest.raises(BankSilent):
            await port.authorise(PAYMENT)

    assert time.monotonic() - begun < SOON_S + 0.5
    after_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert after_mb - before_mb < GROWTH_MB


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 There", "308 There"])
async def test_nobody_is_asked_whom_an_answer_names(told, status):
    with listening(saying(answer(HELD))) as elsewhere:
        moved = saying(answer({}, status=status, Location=f"{elsewhere.url}/x"))
        async with bank(moved) as (port, there):
            with pytest.raises(BankSilent):
                await port.authorise(PAYMENT)

    assert len(there.heard) >= 1
    assert elsewhere.heard == []


async def test_a_cookie_is_not_kept(told):
    baked = saying(answer(HELD, Set_Cookie="who=evil; Path=/"))
    async with bank(baked) as (port, there):
        await port.authorise(PAYMENT)
        await port.authorise(PAYMENT)

    assert len(there.heard) == 2
    assert b"cookie" not in there.heard[1].lower()


@pytest.mark.parametrize(
    "status",
    ["PURPLE", "", "RED\n", "x" * 100_000, None, 1, ["RED"], {"status": "RED"}],
    ids=lambda status: repr(status)[:20],
)
async def test_what_fraud_does_not_say_plainly_was_not_said(told, status):
    with listening(saying(answer({"status": status}))) as there:
        async with http.client("fraud", there.url, timeout_s=ATTEMPT_S) as client:
            port = HttpFraud(client, guard_of_fraud())
            assert await port.screen(CARD.token) == UNCHECKED


@pytest.mark.parametrize("how", sorted(SILENCES.keys() - {"a bomb"}))
async def test_fraud_that_misbehaves_costs_nobody_his_payment(told, how):
    begun = time.monotonic()
    with listening(SILENCES[how]) as there:
        async with http.client("fraud", there.url, timeout_s=ATTEMPT_S) as client:
            port = HttpFraud(client, guard_of_fraud())
            assert await port.screen(CARD.token) == UNCHECKED

    assert time.monotonic() - begun < SOON_S
