"""What a merchant's endpoint is sent, and what its answers count as."""

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kit import http
from apps.notifications.clients import HttpMerchants, retry_after
from apps.notifications.domain.notification import Delivery, after
from apps.notifications.domain.signing import Verdict, verdict
from apps.notifications.events import notification

from .fakes import NOW, SCHEDULE, SECRETS, URL, authorised

FIRST = notification(authorised(), "M-01/webhook", NOW, None)


def merchants(answer):
    """Merchants behind which `answer` sits; the kit's client in front of it."""
    client = http.ServiceClient(
        transport=http.TracedTransport("merchant", httpx.MockTransport(answer), 1.0)
    )
    return HttpMerchants(client, SECRETS.of)


async def told_by(answer):
    return await merchants(answer).tell(Delivery(FIRST, URL), NOW)


async def test_a_webhook_is_what_the_standard_says(told):
    asked = []

    def take(request):
        asked.append(request)
        return httpx.Response(204)

    await told_by(take)

    (request,) = asked
    body = json.loads(request.content)
    secret = SECRETS.of("M-01")
    assert (request.method, str(request.url)) == ("POST", URL)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == str(FIRST.event_id)
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert verdict(secret, request.headers, request.content, NOW) is Verdict.VALID
    assert set(body) == {"type", "timestamp", "data"}
    assert (body["type"], body["timestamp"]) == (
        "payment.authorised",
        "2026-03-01T12:00:00Z",
    )
    assert body["data"]["amount"] == 25_000
    assert "card_token" not in body["data"]


async def test_the_call_is_one_to_the_merchant(told):
    await told_by(lambda _: httpx.Response(204))

    assert told.span("POST").attributes["peer.service"] == "merchant"
    assert told.span("POST").attributes["http.response.status_code"] == 204


@pytest.mark.parametrize("status", [200, 204, 302, 410, 500])
async def test_a_status_is_an_answer_and_no_redirect_is_followed(told, status):
    asked = []

    def answer(request):
        asked.append(request)
        return httpx.Response(status, headers={"location": "http://inside.test/"})

    said = await told_by(answer)

    assert (said.status, said.error, said.at) == (status, None, NOW)
    assert len(asked) == 1


@pytest.mark.parametrize("fault", [httpx.ConnectError, httpx.ReadTimeout])
async def test_silence_is_an_answer_with_a_name(told, fault):
    def answer(_):
        raise fault("not there")

    said = await told_by(answer)

    assert (said.status, said.error) == (None, fault.__name__)


@pytest.mark.parametrize(
    ("asked", "heard"),
    [
        ("7", 7),
        ("99999999999999999999", 1e20),
        ("", 0),
        ("-1", 0),
        ("1.5", 0),
        ("²", 0),
        ("tomorrow", 0),
        ("Sun, 01 Mar 2026 12:01:30 GMT", 90),
        ("Sunday, 01-Mar-26 12:01:30 GMT", 90),
        ("Sun Mar  1 12:01:30 2026", 90),
        ("Sun, 01 Mar 2026 11:59:00 GMT", 0),
        ("Sun, 01 Mar 2026 12:00:00 +99999999999999999999", 0),
    ],
)
async def test_a_merchant_may_ask_for_patience(told, asked, heard):
    headers = [(b"retry-after", asked.encode())]

    said = await told_by(lambda _: httpx.Response(503, headers=headers))

    assert said.retry_after_s == heard
    assert after(FIRST, said, SCHEDULE, 0.5).next_at > NOW


@given(
    st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ [\d:]+ [+-]?\w+")
)
def test_whatever_a_merchant_asks_for_is_understood_or_not(asked):
    assert retry_after(asked, NOW) >= 0
