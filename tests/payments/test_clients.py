"""The bank over HTTP: a yes, a no, or a named silence."""

import httpx
import pytest

from apps.kit import http
from apps.payments.clients import HttpBank
from apps.payments.ports import BankSilent
from tests.fakes import PAN, ids
from tests.payments.domain.lives import CARD, RECEIVED, lived

PAYMENT = lived([RECEIVED]).payment
ANSWER = {"authorisation_id": str(ids()), "approved": False, "network_code": "05"}


def bank(answer) -> tuple[HttpBank, list[httpx.Request]]:
    asked: list[httpx.Request] = []

    def give(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    transport = http.TracedTransport("test", httpx.MockTransport(give), timeout_s=1)
    client = httpx.AsyncClient(transport=transport, base_url="http://bank")
    return HttpBank(client), asked


async def ask(port: HttpBank):
    return await port.authorise(PAYMENT)


async def test_a_no_is_an_answer(told):
    port, _ = bank(httpx.Response(201, json=ANSWER))

    answer = await ask(port)

    assert (answer.approved, answer.network_code) == (False, "05")


async def test_the_bank_never_learns_the_number(told):
    port, asked = bank(httpx.Response(201, json=ANSWER))

    await ask(port)

    assert PAN.digits not in asked[0].content.decode()
    assert str(CARD.token) in asked[0].content.decode()


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.ConnectError("refused"), "ConnectError"),
        (httpx.ReadTimeout("late"), "ReadTimeout"),
        (httpx.Response(500), "HTTPStatusError"),
        (httpx.Response(201, text="hello"), "ValidationError"),
    ],
)
async def test_anything_but_a_yes_or_a_no_is_silence(told, answer, why):
    port, _ = bank(answer)

    with pytest.raises(BankSilent) as silence:
        await ask(port)

    assert silence.value.why == why
