"""Whatever is sent, a line of a log is one line, and no terminal obeys it."""

import json
import secrets

import pytest

from native.backends import until
from native.gateway import order
from tests.stack.cards import card, fresh_card

from .asking import BASE

FORMS = {
    "a line break": 'x\n{"level":"error","event":"forged"}',
    "a carriage return": "x\r\nforged: 1",
    "colours": "\x1b[31mforged\x1b[0m",
    "a bell and a backspace": "x\x07\x08\x08",
    "a line of Unicode": "x\u2028forged",
    "a paragraph of Unicode": "x\u2029forged",
    "another next line": "x\u0085forged",
    "text from right to left": "x\u202eforged",
    "the end of a string": 'x","level":"error","event":"forged',
    "braces": "{{forged}} ${forged} %s %n",
    "a lookup": "${jndi:ldap://127.0.0.1/x}",
}
LONG = 60_000
LINE_LIMIT = 64 * 1024


@pytest.fixture(scope="module")
def told(stack, gateway, minted, mint):
    """Each form wherever a caller's text could reach a log, and the answers' traces."""
    caller, bank = gateway("till"), minted("bank", ["bank:write"])
    answers = []
    for form in [*FORMS.values(), "y" * LONG]:
        short = form[:32]
        answers += [
            caller.asks("POST", f"{BASE}/payments", json=order(pos_id=form)),
            caller.asks("POST", f"{BASE}/payments", json=order(pos_id=short)),
            caller.asks(
                "POST", f"{BASE}/payments", json=order(merchant_reference=form)
            ),
            caller.asks("POST", f"{BASE}/payments", json=order(**{short: form})),
            caller.asks("POST", f"{BASE}/payments", json=order(currency=form)),
            caller.asks("POST", f"{BASE}/payments", content=form.encode()),
            caller.asks(
                "GET", f"{BASE}/payments", params={"pos_id": short, "x": short}
            ),
            caller.asks("GET", f"{BASE}/merchants/{short.encode().hex()}/balance"),
            bank.asks("POST", "/authorisations", json=authorisation(short)),
        ]
        hidden = mint.token(["payments:read"], client_id=short, merchant_id="M-01")
        answers.append(
            caller.__class__(caller.url, hidden).asks("GET", f"{BASE}/payments")
        )
    good = caller.pays(card=card(fresh_card()))
    until(lambda: stack.backends.loki.of_trace(good.headers["trace-id"]))
    return answers


def authorisation(merchant):
    return {
        "request_id": uuid(),
        "merchant_id": merchant,
        "card_token": uuid(),
        "amount": 100,
        "currency": "EUR",
    }


def uuid():
    word = secrets.token_hex(16)
    return f"{word[:8]}-{word[8:12]}-{word[12:16]}-{word[16:20]}-{word[20:]}"


def test_nothing_breaks(told):
    assert {answer.status_code for answer in told} <= {
        200,
        201,
        400,
        401,
        404,
        415,
        422,
    }


def test_every_line_on_disk_is_one_object(stack, told):
    """Read as a terminal or a shipper would: split at the newline, and only there."""
    files = [
        file
        for file in stack.instance.logs.rglob("*.log")
        if file.stem in {"gateway", "payments", "bank", "fraud"}
    ]

    assert len(files) >= 4
    for file in files:
        for line in file.read_bytes().split(b"\n"):
            if line.startswith(b"{"):
                found = json.loads(line)
                assert found["event"] != "forged"
                assert len(line) < LINE_LIMIT
            assert not line.startswith(b"forged"), file
            assert b"\x1b" not in line, file
            assert b"\r" not in line, file
            assert b"\x07" not in line, file


def test_no_line_is_split_where_others_see_an_end(stack, told):
    """U+2028 and its like end a line for JavaScript, Python and some terminals."""
    for file in stack.instance.logs.rglob("*.log"):
        text = file.read_text(errors="replace")
        for end in ("\u2028", "\u2029", "\u0085", "\u202e"):
            assert end not in text, (file, end.encode())


def test_nobody_forged_a_line_in_loki(stack, told):
    lines = stack.backends.loki.lines('{service_name=~".+"} |= "forged"')

    for line in lines:
        assert line.facts.get("event") != "forged"
        assert "forged" not in line.body.split("\n", 1)[0][:8], line.body
        assert "\n" not in line.body


def test_a_refusal_is_one_line_of_each_service(stack, told):
    for answer in told:
        if answer.status_code != 422:
            continue
        trace = answer.headers["trace-id"]
        lines = until(lambda trace=trace: stack.backends.loki.of_trace(trace))
        refused = [line for line in lines if line.body == "request.refused"]
        assert len(refused) == len({line.facts.get("service_name") for line in refused})
