"""Dead letters at the back office's face: the fake's, and a real stream's."""

from uuid import uuid4

import httpx
import nats
import pytest

from apps.backoffice.app import router
from apps.backoffice.clients import StreamLetters
from apps.kit import dlq
from apps.kit.dlq import DeadLetter
from apps.kit.errors import DependencyUnavailable
from apps.kit.service import Service, app_of
from apps.kit.testing import HOUSE, Doorman
from tests.backoffice.fakes import fake_ports
from tests.backoffice.histories import NOW


def letter(id_: int) -> DeadLetter:
    return DeadLetter(
        id_,
        "fraud-count_card",
        "PAY",
        7,
        "pay.v1.payment.authorised",
        str(uuid4()),
        "UndefinedTableError",
        6,
        NOW,
        NOW,
        None,
        {},
        b"{}",
    )


@pytest.fixture
def ports():
    ports = fake_ports()
    ports.letters.kept = {id_: letter(id_) for id_ in (3, 5)}
    return ports


@pytest.fixture
async def client(ports):
    app = app_of(Service("backoffice", ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=HOUSE
    ) as client:
        yield client


async def test_letters_are_listed_oldest_first_and_opened(client, told):
    listed = (await client.get("/ops/dlq")).json()
    opened = (await client.get("/ops/dlq/5")).json()

    assert [each["id"] for each in listed] == [3, 5]
    assert opened == listed[1]
    assert opened["error"] == "UndefinedTableError"
    assert len((await client.get("/ops/dlq?limit=1")).json()) == 1


async def test_what_is_replayed_is_gone(client, told):
    answers = [await client.post("/ops/dlq/3/replay") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [202, 404]
    assert (await client.get("/ops/dlq/3")).json()["code"] == "not-found"
    assert told.event("letter.replayed")["dlq.letter"] == 3


async def test_what_nobody_hears_any_more_stays(client, ports, told):
    ports.letters.is_heard = False

    answer = await client.post("/ops/dlq/3/replay")

    assert (answer.status_code, answer.json()["code"]) == (409, "invalid-state")
    assert 3 in ports.letters.kept


@pytest.mark.parametrize("id_", ["0", "x", "99999999999999999999"])
async def test_an_id_that_cannot_be_is_refused(client, told, id_):
    assert (await client.get(f"/ops/dlq/{id_}")).status_code == 400


@pytest.mark.nats
async def test_a_real_letter_is_found_and_sent_again(nats_port):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    stream = connection.jetstream()
    name = f"things{uuid4().hex[:8]}"
    await stream.add_stream(name=name, subjects=[f"{name}.>"])
    await stream.add_stream(dlq.STREAM)
    sub = await stream.pull_subscribe(f"{name}.happened", durable=f"{name}-hearer")
    await stream.publish(f"{name}.happened", b'{"id": "one"}')
    (raw,) = await sub.fetch(1)
    buried = dlq.written(name, raw, "ValueError")
    await stream.publish(buried.subject, buried.payload, headers=headers_of(buried))
    await raw.ack_sync()
    letters = StreamLetters(lambda: stream)

    (found,) = [each for each in await letters.oldest(100) if name in each.subject]
    await letters.replay(found)

    (again,) = await sub.fetch(1)
    assert again.data == b'{"id": "one"}'
    assert await letters.one(found.id) is None
    await stream.delete_stream(name)
    await connection.close()


async def test_a_stream_that_is_away_is_a_dependency():
    def away():
        raise ConnectionError

    with pytest.raises(DependencyUnavailable):
        await StreamLetters(away).oldest(1)


def headers_of(message):
    return {"Nats-Msg-Id": str(message.id), **message.headers}
