"""Dead letters on the command line, against a real NATS server."""

import asyncio
import io

import nats
import pytest
from nats.js import api
from rich.console import Console

from apps.kit import broker, dlq
from native import letters
from native.ports import Ports
from native.trouble import Trouble

pytestmark = pytest.mark.nats

CARD = "5204460010000007"
PAYLOAD = f'{{"id": "e-1", "type": "pay.v1.x", "subject": "p-1", "card": "{CARD}"}}'
DEAD = {
    "Dead-Consumer": "fraud-hear",
    "Dead-Stream": "PAY",
    "Dead-Stream-Seq": "7",
    "Dead-Subject": "pay.v1.x",
    "Dead-Event-Id": "e-1",
    "Dead-Error-Type": "LookupError",
    "Dead-Deliveries": "6",
    "Dead-First-At": "2026-03-01T12:00:00+00:00",
    "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
}


@pytest.fixture
def ask(nats_port):
    """The command's exit code and what it printed."""

    def asked(show=None, replay=None):
        out = io.StringIO()
        ports = Ports({"NATS_PORT": nats_port})
        code = letters.run(ports, Console(file=out, width=140), show, replay)
        return code, out.getvalue()

    return asked


@pytest.fixture
def on_nats(nats_port):
    def done(work):
        async def connected():
            connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
            try:
                return await work(connection.jetstream())
            finally:
                await connection.close()

        return asyncio.run(connected())

    return done


@pytest.fixture
def dead(on_nats):
    """The id of the only dead letter; nobody hears under its consumer's name."""

    async def write(stream):
        for config in (broker.STREAM, dlq.STREAM):
            await stream.add_stream(config)
            await stream.purge_stream(config.name)
        kept = await stream.publish("dlq.v1.fraud.hear", PAYLOAD.encode(), headers=DEAD)
        return kept.seq

    return on_nats(write)


@pytest.fixture
def hearer(on_nats, dead):
    config = api.ConsumerConfig(
        durable_name="fraud-hear", filter_subject="pay.v1.x", ack_policy="explicit"
    )
    on_nats(lambda stream: stream.add_consumer("PAY", config))
    yield
    on_nats(lambda stream: stream.delete_consumer("PAY", "fraud-hear"))


def test_the_list_names_each_letter(ask, dead):
    code, told = ask()

    row = told.splitlines()[1]
    assert code == 0
    assert row.split()[:6] == [
        str(dead),
        "fraud-hear",
        "pay.v1.x",
        "p-1",
        "LookupError",
        "6",
    ]


def test_one_letter_is_shown_whole_and_masked(ask, dead):
    code, told = ask(show=dead)

    assert code == 0
    assert "4bf92f3577b34da6a3ce929d0e0e4736" in told
    assert CARD not in told
    assert "•••• 0007" in told


def test_a_replay_sends_the_original_and_empties_the_list(ask, on_nats, dead, hearer):
    code, told = ask(replay="all")
    sent = on_nats(lambda stream: stream.get_last_msg("PAY", "pay.v1.x"))

    assert (code, "1 replayed." in told) == (0, True)
    assert sent.data == PAYLOAD.encode()
    assert sent.headers["Replayed-For"] == "fraud-hear"
    assert sent.headers["traceparent"][:35] == DEAD["traceparent"][:35]
    assert "No dead letters." in ask()[1]
    assert ask(replay="all") == (0, "No dead letters.\n")


def test_a_letter_that_nobody_would_hear_stays(ask, dead):
    code, told = ask(replay=str(dead))

    assert code == 1
    assert f"{dead} stays: Nobody hears as fraud-hear any more." in told
    assert ask(show=dead)[0] == 0


def test_a_letter_that_is_not_there_is_trouble(ask, dead):
    with pytest.raises(Trouble, match=f"no dead letter {dead + 1}"):
        ask(replay=str(dead + 1))


def test_what_stands_among_the_letters_and_is_none_is_passed_over(ask, on_nats, dead):
    on_nats(lambda stream: stream.publish("dlq.v1.stray", b"?"))

    assert len(ask()[1].splitlines()) == 3


def test_without_nats_the_way_out_is_told():
    with pytest.raises(Trouble, match="no answer on port 1 "):
        letters.run(Ports({"NATS_PORT": 1}), Console(), None, None)
