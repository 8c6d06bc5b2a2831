"""What the probe pays, what it thinks of answers, and that it can be left out."""

import json
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

import httpx
import pytest

from apps.kit import http
from apps.probe.clients import HttpGateway
from apps.probe.domain import AMOUNTS, GOOD, Answer, Outcome, Path, judge
from apps.probe.settings import Settings
from apps.probe.usecases import Ports, Turns

CARD = Settings().card_number
SLOW_S = 1.0


def body(path, **changed):
    source = {Path.FLOOR: "floor_limit", Path.BANK: "bank"}[path]
    said = {
        "payment_id": "0198d1ce-0000-7000-8000-000000000001",
        "status": "authorised",
        "response_code": "ACCEPTED",
        "processing_mode": "STANDARD",
        "authorisation": {"source": source},
        "amount": AMOUNTS[path],
        "currency": "EUR",
    }
    return said | changed


OK = body(Path.BANK)
STOOD_IN = {"processing_mode": "FALLBACK", "authorisation": {"source": "delegation"}}
WAITING = {"status": "pending", "processing_mode": None, "authorisation": None}
NO = {"status": "declined", "response_code": "AUTHORIZATION_DENIED"}
OTHERS = {"authorisation": {"source": "floor_limit"}}


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Outcome.OK, Answer(0.1, 201, OK)),
        (Outcome.SLOW, Answer(1.1, 201, OK)),
        (Outcome.STOOD_IN, Answer(0.9, 201, body(Path.BANK, **STOOD_IN))),
        (Outcome.PENDING, Answer(0.1, 202, body(Path.BANK, **WAITING))),
        (Outcome.REFUSED, Answer(0.1, 201, body(Path.BANK, **NO))),
        (Outcome.REFUSED, Answer(9.9, 201, body(Path.BANK, **NO))),
        (Outcome.WRONG, Answer(0.1, 201, body(Path.BANK, **OTHERS))),
        (Outcome.WRONG, Answer(0.1, 201, body(Path.BANK, amount=1))),
        (Outcome.WRONG, Answer(0.1, 201, body(Path.BANK, processing_mode="NEW"))),
        (Outcome.WRONG, Answer(0.1, 200, None)),
        (Outcome.WRONG, Answer(0.1, 200, {})),
        (Outcome.FAILED, Answer(0.1, 503, {"title": "busy"})),
        (Outcome.FAILED, Answer(0.1, 429, None)),
        (Outcome.SILENT, Answer(4.0, error="ReadTimeout")),
    ],
)
def test_an_answer_is_judged_as_a_customer_would(outcome, answer):
    assert judge(Path.BANK, answer, SLOW_S) is outcome


def test_who_decides_alone_needs_nobody_to_stand_in():
    answer = Answer(0.1, 201, body(Path.FLOOR, **STOOD_IN))

    assert judge(Path.FLOOR, answer, SLOW_S) is Outcome.WRONG


def test_every_outcome_but_three_is_bad():
    assert {*Outcome} - GOOD == {
        Outcome.SLOW,
        Outcome.REFUSED,
        Outcome.WRONG,
        Outcome.FAILED,
        Outcome.SILENT,
    }


class Door:
    """A gateway that answers as it is told to."""

    def __init__(self) -> None:
        self.asked = []
        self.is_silent = False

    async def pay(self, path):
        self.asked.append(path)
        if self.is_silent:
            return Answer(4.0, error="ConnectError")
        return Answer(0.02, 201, body(path))


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def clock():
    return [0.0]


@pytest.fixture
def turns(door, clock):
    return Turns(Ports(door, SLOW_S, grace_s=30.0, elapsed=lambda: clock[0]))


async def test_the_shop_and_the_bank_decide_in_turn(turns, door, told):
    for _ in range(4):
        await turns.next()

    assert door.asked == [Path.FLOOR, Path.BANK, Path.FLOOR, Path.BANK]
    assert told.counted("probe.payments", probe_outcome="ok") == 4
    assert told.counted("probe.duration", probe_path="bank") == 2


async def test_a_probe_is_one_span_one_line_and_one_count_that_can_be_left_out(
    turns, told
):
    await turns.next()

    line, made = told.event("probe.paid"), told.span("probe.pay")
    assert line["trace_id"] == f"{made.context.trace_id:032x}"
    assert line["payscope.journey"] == made.attributes["payscope.journey"] == "probe"
    assert (line["probe.outcome"], line["level"]) == ("ok", "info")
    assert told.counted("probe.payments", payscope_journey="probe") == 1


async def test_silence_is_told_once_somebody_has_answered(turns, door, told):
    await turns.next()
    door.is_silent = True
    await turns.next()

    assert told.counted("probe.payments", probe_outcome="silent") == 1
    assert [each["level"] for each in told.events("probe.paid")] == ["info", "warning"]


async def test_while_the_stack_starts_silence_counts_for_nothing(
    turns, door, clock, told
):
    door.is_silent = True
    await turns.next()
    assert told.counted("probe.payments") == 0
    assert told.event("probe.early")["error.type"] == "ConnectError"

    clock[0] = 31.0
    await turns.next()
    assert told.counted("probe.payments", probe_outcome="silent") == 1


def gateway(answer):
    client = http.ServiceClient(
        base_url="http://gateway",
        transport=http.TracedTransport("gateway", httpx.MockTransport(answer), 1.0),
    )
    ids = count(1)
    return HttpGateway(
        client,
        "POS-00",
        CARD,
        lambda: UUID(int=next(ids)),
        lambda: datetime(2026, 12, 31, tzinfo=UTC),
    )


async def test_it_pays_as_any_client_does(told):
    asked = []

    def take(request):
        asked.append(request)
        return httpx.Response(201, json=body(Path.FLOOR))

    answer = await gateway(take).pay(Path.FLOOR)

    (request,) = asked
    assert (request.method, request.url.path) == ("POST", "/api/v1/payments")
    assert request.headers["Idempotency-Key"] == str(UUID(int=1))
    assert "traceparent" in request.headers
    assert json.loads(request.content) == {
        "pos_id": "POS-00",
        "card": {"number": CARD.get_secret_value(), "expiry": "12/27"},
        "amount": 1_000,
        "currency": "EUR",
    }
    assert judge(Path.FLOOR, answer, SLOW_S) is Outcome.OK


async def test_each_order_has_a_key_of_its_own(told):
    keys = []

    def take(request):
        keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(201, json={})

    both = gateway(take)
    await both.pay(Path.FLOOR)
    await both.pay(Path.BANK)

    assert len(set(keys)) == 2


async def test_the_journey_goes_along(turns, told):
    asked = []

    def take(request):
        asked.append(request.headers["baggage"])
        return httpx.Response(201, json=body(Path.FLOOR))

    await Turns(Ports(gateway(take), SLOW_S, 30.0)).next()

    assert asked == ["journey=probe"]


def hangs_up(request):
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (hangs_up, (None, None, "ConnectError")),
        (lambda _: httpx.Response(200, text="<html>"), (200, None, None)),
        (lambda _: httpx.Response(200, text="[1]"), (200, None, None)),
    ],
    ids=["nobody there", "no JSON", "no object"],
)
async def test_what_is_no_answer_is_told_as_such(told, answers, said):
    answer = await gateway(answers).pay(Path.FLOOR)

    assert (answer.status, answer.body, answer.error) == said


async def test_the_card_is_told_nowhere(told):
    await gateway(lambda _: httpx.Response(500)).pay(Path.BANK)
    await Turns(Ports(gateway(hangs_up), SLOW_S, 0.0)).next()

    assert CARD.get_secret_value() not in told.everything() + str(Settings())


def test_the_card_has_a_right_check_digit():
    digits = [int(digit) for digit in CARD.get_secret_value()][::-1]
    doubled = [digit * (1 + at % 2) for at, digit in enumerate(digits)]

    assert sum(digit - 9 * (digit > 9) for digit in doubled) % 10 == 0
