"""How often one may ask: who is one, what he is told, and what it is not counted by."""

import pytest

from apps.gateway.domain.addresses import networks, origin

from .house import HOUSE, House, merchant
from .house import told as settings_told

PATH = "/api/v1/payments"


def house(**limits):
    return House(settings=settings_told(**limits))


async def statuses(client, times, **options):
    return [(await client.get(PATH, **options)).status_code for _ in range(times)]


async def test_a_merchant_has_so_many_and_then_learns_when_to_come_back(told):
    gate = house(client_limit="3/2")
    client = gate.client()

    assert await statuses(client, 3, headers=merchant("M-01")) == [200] * 3
    refused = await client.get(PATH, headers=merchant("M-01"))

    assert refused.status_code == 429
    assert refused.json()["code"] == "rate-limited"
    assert refused.headers["retry-after"] == "2"
    assert '"clients";q=3;w=2' in refused.headers["ratelimit-policy"]
    assert '"clients";r=0;t=2' in refused.headers["ratelimit"]
    assert len(gate.calls) == 3
    assert "limiter.refused" in {
        each.name for span in told.spans for each in span.events
    }

    gate.clock.at += 2
    assert await statuses(client, 1, headers=merchant("M-01")) == [200]


async def test_another_merchant_is_not_held_up(told):
    client = house(client_limit="3/2").client()

    await statuses(client, 5, headers=merchant("M-01"))

    assert await statuses(client, 3, headers=merchant("M-02")) == [200] * 3


async def test_a_merchant_with_two_clients_is_one(told):
    client = house(client_limit="3/2").client()
    second = {"Authorization": "Bearer web-shop@M-01 payments:read"}

    await statuses(client, 2, headers=merchant("M-01"))

    assert await statuses(client, 2, headers=second) == [200, 429]


async def test_a_success_says_how_many_are_left(told):
    client = house(client_limit="3/2").client()

    given = await client.get(PATH, headers=merchant("M-01"))

    assert '"clients";r=2;t=2' in given.headers["ratelimit"]


async def test_the_house_has_a_limit_of_its_own(told):
    client = house(client_limit="1/2", house_limit="3/2").client()

    assert await statuses(client, 4, headers=HOUSE) == [200, 200, 200, 429]


async def test_a_route_may_have_a_limit_besides(told):
    gate = House()
    client = gate.client()

    given = await statuses(client, 101, headers=HOUSE)
    other = await client.get("/api/v1/pos", headers=HOUSE)

    assert given == [200] * 100 + [429]
    assert other.status_code == 200


async def test_an_address_has_so_many_whoever_asks(told):
    gate = house(address_limit="2/2")
    client = gate.client()

    given = await statuses(client, 3, headers=merchant("M-01"))
    await client.get(PATH, headers=merchant("M-02"))

    assert given == [200, 200, 429]
    assert len(gate.calls) == 2
    assert told.counted("auth.decisions") == 2


async def test_strangers_are_fewer_and_take_nothing_from_the_known(told):
    client = house(stranger_limit="2/2").client()

    assert await statuses(client, 4) == [401, 401, 429, 429]
    assert await statuses(client, 3, headers=HOUSE) == [200] * 3


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}])
async def test_strangers_beyond_their_limit_are_counted_and_have_no_lines(
    told, headers
):
    gate = house(stranger_limit="2/2")

    given = await statuses(gate.client(), 50, headers=headers)

    assert given == [401] * 2 + [429] * 48
    assert len(told.events("auth.refused")) == 2
    assert len(told.events("request.refused")) == 2
    assert len(told.events("limiter.refusing")) == 1
    assert told.counted("limiter.decisions", limiter_decision="refused") == 48
    statuses_of = {
        (
            span.attributes["http.response.status_code"],
            span.attributes.get("problem.status"),
        )
        for span in told.spans
    }
    assert statuses_of == {(401, 401), (429, None)}


async def test_a_refusal_of_the_limit_says_what_limit_it_was(told):
    given = await house(stranger_limit="1/2").client().get(PATH)

    assert '"strangers";r=0;t=2' in given.headers["ratelimit"]


async def test_a_wrong_secret_cannot_be_tried_without_end(told):
    client = house(issuing_limit="2/10", stranger_limit="99/2").client()
    form = {"grant_type": "client_credentials", "client_id": "m-01"}

    given = [
        await client.post("/oauth/token", data={**form, "client_secret": f"guess {n}"})
        for n in range(3)
    ]

    assert [each.status_code for each in given] == [401, 401, 429]
    assert given[-1].headers["retry-after"] == "10"


async def test_probes_are_not_counted(told):
    client = house(address_limit="1/2").client()

    given = [await client.get("/livez") for _ in range(3)]

    assert {each.status_code for each in given} == {200}


async def test_a_made_up_origin_makes_no_new_caller(told):
    client = house(address_limit="2/2").client()

    given = [
        await client.get(PATH, headers={**HOUSE, "X-Forwarded-For": f"10.0.0.{n}"})
        for n in range(3)
    ]

    assert [each.status_code for each in given] == [200, 200, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "from_where"),
    [
        ("203.0.113.9", [], "", "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.7"], "", "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.7"], "10.0.0.0/8", "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7"], "10.0.0.0/8", "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4, 198.51.100.7"], "10.0.0.0/8", "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7, 10.0.0.2"], "10.0.0.0/8", "198.51.100.7"),
        ("10.0.0.1", ["198.51.100.7", "10.0.0.2"], "10.0.0.0/8", "198.51.100.7"),
        ("10.0.0.1", ["10.0.0.2"], "10.0.0.0/8", "10.0.0.2"),
        ("10.0.0.1", ["nonsense"], "10.0.0.0/8", "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.0/8", "10.0.0.1"),
        ("2001:db8:1:2:3::9", [], "", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", [], "", "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.9", [], "", "203.0.113.9"),
        ("", [], "10.0.0.0/8", "nowhere"),
    ],
)
def test_the_socket_says_who_it_is_unless_it_is_a_proxy_of_ours(
    peer, forwarded, proxies, from_where
):
    assert origin(peer, forwarded, networks(proxies)) == from_where


@pytest.mark.parametrize("limit", ["", "0/2", "10", "10/0", "ten/2", "10/2/3", "-1/2"])
def test_a_limit_that_is_none_stops_the_start(limit):
    with pytest.raises(ValueError, match="client_limit"):
        settings_told(client_limit=limit)


def test_a_proxy_that_is_none_stops_the_start():
    with pytest.raises(ValueError, match="trusted_proxies"):
        settings_told(trusted_proxies="10.0.0.0/8,somewhere")
