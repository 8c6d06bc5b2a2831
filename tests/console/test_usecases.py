"""At the till, and a story that comes in."""

import httpx
import pytest

from apps.console.clients.server import Server
from apps.console.domain.orders import CARDS, Move, Order
from apps.console.domain.silence import Silent
from apps.console.domain.told import Told
from apps.console.usecases import paying, telling
from apps.story.chapters import Chapter
from apps.story.evidence import Span
from apps.story.gathering import Story
from tests.console.fakes import FakeServer, FakeStories, fake_ports

ORDER = Order("POS-01", CARDS["good"], 25_000)


def chapter(*parents):
    spans = [
        Span(
            "t" * 32, f"s{n}", parent, "gateway", "POST", "SERVER", n, n + 1, "", "", {}
        )
        for n, parent in enumerate(parents)
    ]
    return Chapter("t" * 32, spans, [])


async def test_a_payment_is_told_under_a_trace_of_its_own(told):
    ports = fake_ports()

    answer = await paying.pay(ORDER, ports)
    await paying.move("p-1", Move.CAPTURE, None, ports)

    assert answer.is_payment
    assert ports.gateway.moves == [("p-1", "captures", None)]
    assert len(told.events("till.used")) == 2
    assert told.counted("console.moves", console_move="pay") == 1
    assert ORDER.card.pan.digits not in told.everything()


async def test_a_gateway_that_is_away_is_told_and_said(told):
    ports = fake_ports()
    ports.gateway.is_away = True

    with pytest.raises(Silent, match="Gateway does not answer"):
        await paying.pay(ORDER, ports)

    assert told.event("till.used")["error.type"] == "Silent"


async def test_fraud_is_provoked_until_it_is_and_no_longer():
    ports, seen = fake_ports(), []
    ports.gateway.code = "FRAUD_SUSPECTED"

    await paying.provoke(40, ports, seen.append)

    assert seen == [1]


async def test_a_story_is_read_until_nothing_is_added():
    half = Told(Story([chapter("lost")]), ())
    whole = Told(Story([chapter("", "s0")]), ())
    ports = fake_ports(stories=FakeStories(half, whole))
    seen = []

    async for reading, _ in telling.readings("t" * 32, ports):
        seen.append(reading.is_coming_in)
        if not reading.is_coming_in:
            break

    assert seen == [True] * telling.QUIET + [False]


async def test_links_lead_to_grafana_where_there_is_one():
    there = fake_ports(grafana=FakeServer(is_there=True))

    links = await telling.grafana_links("t" * 32, there)

    assert [name for name, _ in links] == ["Trace in Grafana", "Log lines in Grafana"]
    assert await telling.grafana_links("t" * 32, fake_ports()) == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (httpx.ConnectError("x"), "nobody listens there"),
        (httpx.ReadTimeout("x"), "it took too long"),
        (httpx.Response(500, text="broken"), "it said 500: broken"),
        (httpx.Response(200, text="<html>"), "no JSON"),
    ],
)
async def test_a_servers_silence_has_a_reason(answer, why):
    def handler(request):
        if isinstance(answer, Exception):
            raise answer
        return answer

    server = Server("Loki", "http://x", 1.0, httpx.MockTransport(handler))

    with pytest.raises(Silent, match=f"Loki does not answer: .*{why}"):
        await server.json("/")
    await server.stop()


async def test_a_page_is_not_kept_waiting_by_who_is_not_there():
    server = Server("Grafana", "http://127.0.0.1:1", 0.5)

    assert not await server.is_there("/")
    await server.stop()
