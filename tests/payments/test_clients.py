"""The bank and fraud over HTTP: an answer, or a named silence."""

import asyncio
import json

import httpx
import pytest

from apps.kit import deadlines, http
from apps.kit.values import Cents
from apps.payments.clients import HttpBank, HttpFraud
from apps.payments.domain.orders import UNCHECKED, Screening
from apps.payments.ports import BankRefuses, BankSilent
from tests.fakes import PAN, ids
from tests.payments.domain.lives import CARD, RECEIVED, lived
from tests.payments.guards import guard_of_bank, guard_of_fraud

PAYMENT = lived([RECEIVED]).payment
HELD = {
    "authorisation_id": str(ids()),
    "request_id": str(PAYMENT.payment_id),
    "approved": True,
    "network_code": "00",
    "hold_state": "held",
}
REVERSAL = {"reversal_id": str(ids()), "tombstone": False, "hold_state": "reversed"}


def client(answer) -> tuple[httpx.AsyncClient, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def give(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = http.TracedTransport("test", httpx.MockTransport(give), timeout_s=1)
    return httpx.AsyncClient(transport=transport, base_url="http://there"), asked


def bank(answer) -> tuple[HttpBank, list[httpx.Request]]:
    there, asked = client(answer)
    return HttpBank(there, guard_of_bank(attempts=1)), asked


ASKING = {
    "authorise": lambda port: port.authorise(PAYMENT),
    "find": lambda port: port.find(PAYMENT.payment_id),
    "reverse": lambda port: port.reverse(PAYMENT.payment_id, "voided"),
    "capture": lambda port: port.capture(ids(), Cents(100)),
}


@pytest.mark.parametrize("ask", ["authorise", "find"])
@pytest.mark.parametrize(
    ("said", "approved", "code"),
    [
        ({}, True, "00"),
        ({"hold_state": "captured"}, True, "00"),
        ({"hold_state": None}, True, "00"),
        ({"approved": False, "network_code": "51", "hold_state": None}, False, "51"),
        ({"hold_state": "reversed"}, False, "05"),
        ({"hold_state": "expired"}, False, "05"),
        (
            {"approved": False, "network_code": "05", "hold_state": "tombstone"},
            False,
            "05",
        ),
        ({"something_new": 1}, True, "00"),
    ],
)
async def test_the_banks_word_holds_as_long_as_its_hold(
    told, ask, said, approved, code
):
    port, _ = bank(httpx.Response(200, json=HELD | said))

    answer = await ASKING[ask](port)

    assert answer.approved is approved
    assert answer.network_code == code
    assert str(answer.authorisation_id) == HELD["authorisation_id"]


async def test_the_bank_is_asked_under_the_payments_id_and_never_learns_the_number(
    told,
):
    port, asked = bank(httpx.Response(201, json=HELD))

    await port.authorise(PAYMENT)

    (request,) = asked
    assert json.loads(request.content) == {
        "request_id": str(PAYMENT.payment_id),
        "merchant_id": "M-01",
        "card_token": str(CARD.token),
        "amount": 15_000,
        "currency": "EUR",
    }
    assert PAN.digits not in request.content.decode()


async def test_what_the_bank_never_heard_of_is_not_found(told):
    port, asked = bank(httpx.Response(404, json={"code": "not-found"}))

    assert await port.find(PAYMENT.payment_id) is None
    assert asked[0].url.params["request_id"] == str(PAYMENT.payment_id)


@pytest.mark.parametrize("tombstone", [False, True])
async def test_a_reversal_says_whether_anything_was_held(told, tombstone):
    port, asked = bank(httpx.Response(201, json=REVERSAL | {"tombstone": tombstone}))

    assert await port.reverse(PAYMENT.payment_id, "voided") is tombstone
    assert json.loads(asked[0].content) == {
        "request_id": str(PAYMENT.payment_id),
        "reason": "voided",
    }


async def test_a_capture_names_the_hold_and_the_amount(told):
    port, asked = bank(httpx.Response(201, json=HELD | {"captured": 100}))
    whose = ids()

    await port.capture(whose, Cents(100))

    assert asked[0].url.path == f"/authorisations/{whose}/captures"
    assert json.loads(asked[0].content) == {"amount": 100}


@pytest.mark.parametrize("ask", ASKING)
@pytest.mark.parametrize(
    ("answer", "why", "timed_out"),
    [
        (httpx.ConnectError("refused"), "ConnectError", False),
        (httpx.ReadTimeout("late"), "ReadTimeout", True),
        (httpx.Response(500), "HTTPStatusError", False),
        (httpx.Response(503), "HTTPStatusError", False),
        (httpx.Response(429), "HTTPStatusError", False),
    ],
    ids=["refused", "late", "500", "503", "429"],
)
async def test_a_bank_that_cannot_answer_now_is_silent(
    told, ask, answer, why, timed_out
):
    """Whether it may have heard us matters where there is no time to ask again."""
    port, _ = bank(answer)

    with pytest.raises(BankSilent) as silence, deadlines.within(0.04):
        await ASKING[ask](port)

    assert (silence.value.why, silence.value.timed_out) == (why, timed_out)


async def test_the_bank_has_no_more_time_than_the_caller(told):
    async def thinks(_request):
        await asyncio.Event().wait()

    transport = httpx.MockTransport(thinks)
    there = httpx.AsyncClient(transport=transport, base_url="http://bank")
    port = HttpBank(there, guard_of_bank())

    with pytest.raises(BankSilent) as silence, deadlines.within(0.01):
        await port.authorise(PAYMENT)

    assert silence.value.timed_out


@pytest.mark.parametrize("ask", ASKING)
@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.Response(409, json={"code": "invalid-state"}), "invalid-state"),
        (httpx.Response(422, json={"code": "x"}), "x"),
        (httpx.Response(400), "400"),
        (httpx.Response(403, text="go away"), "403"),
    ],
    ids=["409", "422", "400", "403"],
)
async def test_a_bank_that_will_not_hear_us_is_not_silent(told, ask, answer, why):
    """It is away for nobody: nobody may stand in for it, and no retry helps."""
    port, _ = bank(answer)

    with pytest.raises(BankRefuses) as refusal:
        await ASKING[ask](port)

    assert refusal.value.why == why


@pytest.mark.parametrize("ask", ["authorise", "find", "reverse"])
async def test_nonsense_is_no_answer_either(told, ask):
    port, _ = bank(httpx.Response(201, text="hello"))

    with pytest.raises(BankRefuses):
        await ASKING[ask](port)


@pytest.mark.parametrize("ask", ["authorise", "reverse", "capture"])
async def test_what_must_be_there_is_not_just_not_found(told, ask):
    port, _ = bank(httpx.Response(404))

    with pytest.raises(BankRefuses):
        await ASKING[ask](port)


@pytest.mark.parametrize("status", ["GREEN", "ORANGE", "RED"])
async def test_fraud_says_what_it_thinks_of_a_card(told, status):
    there, asked = client(httpx.Response(200, json={"status": status, "count": 3}))

    screening = await HttpFraud(there, guard_of_fraud()).screen(CARD.token)

    assert screening == Screening(status, checked=True)
    assert json.loads(asked[0].content) == {"card_token": str(CARD.token)}


async def test_fraud_says_what_it_thinks_of_many_cards(told):
    red, green, unknown = ids(), ids(), ids()
    said = [
        {"card_token": str(green), "status": "GREEN", "count": 3},
        {"card_token": str(red), "status": "RED", "count": 40},
    ]
    there, asked = client(httpx.Response(200, json=said))

    screenings = await HttpFraud(there, guard_of_fraud()).screen_all(
        [red, green, unknown]
    )

    assert screenings == {
        red: Screening("RED", checked=True),
        green: Screening("GREEN", checked=True),
        unknown: UNCHECKED,
    }
    tokens = [str(red), str(green), str(unknown)]
    assert json.loads(asked[0].content) == {"card_tokens": tokens}
    assert asked[0].url.path == "/assessments/batch"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.ConnectError("refused"), "ConnectError"),
        (httpx.ReadTimeout("late"), "ReadTimeout"),
        (httpx.Response(503), "HTTPStatusError"),
        (httpx.Response(200, text="hello"), "ValidationError"),
        (httpx.Response(200, json={}), "ValidationError"),
    ],
    ids=["refused", "late", "503", "nonsense", "nothing"],
)
async def test_a_fraud_service_that_does_not_say_leaves_the_card_unchecked(
    told, answer, why
):
    there, _ = client(answer)

    assert await HttpFraud(there, guard_of_fraud()).screen(CARD.token) == UNCHECKED
    assert told.event("fraud.silent")["fraud.silence"] == why


async def test_a_fraud_service_that_is_silent_leaves_all_cards_unchecked(told):
    there, _ = client(httpx.ReadTimeout("late"))
    cards = [ids(), ids()]

    screenings = await HttpFraud(there, guard_of_fraud()).screen_all(cards)

    assert screenings == dict.fromkeys(cards, UNCHECKED)
    assert told.event("fraud.silent")["fraud.silence"] == "ReadTimeout"
