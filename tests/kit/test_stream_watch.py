"""NATS is asked how it is, and what it says is told by the names of ours."""

import httpx
import nats
import pytest
from nats.js.api import ConsumerConfig

from apps.kit.stream_watch import StreamWatch
from native import builds
from native.backends import client
from tests.conftest import free_port, running

CONSUMER = "fraud-count_card"


@pytest.fixture
def monitored(tmp_path):
    """A NATS server that says how it is: its own port, and where it says so."""
    port, monitor = free_port(), free_port()
    where = ["-a", "127.0.0.1", "-p", str(port), "-m", str(monitor)]
    keep = ["-js", "-sd", str(tmp_path)]
    with running([str(builds.program("nats-server")), *where, *keep]):
        with client(2.0) as http:
            assert http.get(f"http://127.0.0.1:{monitor}/healthz").is_success
        yield port, f"http://127.0.0.1:{monitor}"


def watch(answers):
    watching = StreamWatch("http://nats")
    watching._http = httpx.AsyncClient(
        base_url="http://nats", transport=httpx.MockTransport(answers)
    )
    return watching


@pytest.mark.nats
async def test_lag_and_redeliveries_of_durable_consumers_are_told(monitored, told):
    port, monitor = monitored
    link = await nats.connect(f"nats://127.0.0.1:{port}")
    stream = link.jetstream()
    await stream.add_stream(name="PAY", subjects=["pay.>"])
    await stream.add_consumer(
        "PAY", ConsumerConfig(durable_name=CONSUMER, ack_wait=0.2)
    )
    for number in range(5):
        await stream.publish(f"pay.{number}", b"x" * 100)
    subscribed = await stream.pull_subscribe_bind(CONSUMER, "PAY")
    await stream.subscribe("pay.>", ordered_consumer=True)  # has no name of its own
    first, _ = await subscribed.fetch(2)
    await first.ack_sync()
    (again,) = await subscribed.fetch(1, timeout=3)

    watching = StreamWatch(monitor)
    await watching.measure()
    await stream.publish("pay.6", b"")
    await watching.measure()
    await watching.stop()
    await link.close()

    assert again.metadata.num_delivered in {1, 2}
    assert told.measured("nats.up") == 1
    assert told.measured("nats.connections") == 1
    assert told.measured("nats.memory") > 1_000_000
    assert told.measured("nats.slow_consumers") == 0
    assert told.counted("nats.messages", nats_direction="in") >= 1
    assert told.measured("nats.stream.messages", nats_stream="PAY") == 6
    assert told.measured("nats.stream.size", nats_stream="PAY") > 500
    whose = {"nats_stream": "PAY", "messaging_consumer_group_name": CONSUMER}
    assert told.measured("nats.consumer.pending", **whose) >= 3
    assert told.measured("nats.consumer.unacknowledged", **whose) >= 1
    assert told.measured("nats.consumer.redelivered", **whose) is not None
    assert "ordered" not in told.everything()
    consumers = {
        point["messaging_consumer_group_name"]
        for name, point, _ in told._points
        if name == "nats.consumer.pending"
    }
    assert consumers == {CONSUMER}


def never(request):
    raise httpx.ConnectError("refused", request=request)


async def test_its_silence_is_told_once_and_so_is_its_return(told):
    watching = watch(never)
    await watching.measure()
    await watching.measure()

    assert told.measured("nats.up") == 0
    assert told.event("nats.away")["error.type"] == "ConnectError"

    watching._http = watch(well)._http
    await watching.measure()
    await watching.measure()

    assert told.measured("nats.up") == 1
    assert told.event("nats.back")


SAID = {"connections": 6, "mem": 1, "slow_consumers": 0, "in_msgs": 40, "out_msgs": 90}


def well(request):
    return httpx.Response(200, json=SAID if request.url.path == "/varz" else {})


async def test_counts_begin_with_the_first_look_and_survive_a_restart(told):
    said = [{"in_msgs": 1_000}, {"in_msgs": 1_010}, {"in_msgs": 7}]

    def answers(request):
        if request.url.path == "/jsz":
            return httpx.Response(200, json={})
        return httpx.Response(200, json=SAID | said.pop(0))

    watching = watch(answers)
    for _ in range(3):
        await watching.measure()

    assert told.counted("nats.messages", nats_direction="in") == 17


@pytest.mark.parametrize(
    "answer", [httpx.Response(500), httpx.Response(200, json={"connections": "many"})]
)
async def test_what_is_no_answer_counts_as_none(told, answer):
    await watch(lambda _: answer).measure()

    assert told.measured("nats.up") == 0
