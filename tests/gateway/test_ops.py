"""What operators see of all replicas, and do to all of them at once."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.gateway.clients.fleet import HttpFleet
from apps.gateway.domain.fleet import Breaker, Standing
from apps.gateway.domain.views import Missing, NotShown, Why
from apps.kit.balancing import FAILURES, Replicas
from apps.kit.calling import TracedTransport
from tests.gateway.services import client

WISH = {"state": "open", "for_s": 60, "reason": "bank maintenance"}
BREAKER = Breaker("bank", "closed", 20, 0.05, 0.0, None)
NAMES = ("payments-1", "payments-2", "payments-3")


def standing(name):
    return Standing(name.partition("-")[0], name, f"http://{name}", False, 0, 0)


@dataclass
class FakeFleet:
    """Replicas by name; one that fails raises what is written here."""

    names: tuple[str, ...] = NAMES
    faults: Mapping[str, Exception] = field(default_factory=dict)
    wished: dict[str, dict] = field(default_factory=dict)
    bearers: set[str] = field(default_factory=set)

    def standings(self):
        return [standing(name) for name in self.names]

    async def breakers(self, of, bearer):
        self.bearers.add(bearer)
        self._fail(of)
        return [BREAKER]

    async def hold(self, name, wish, of, bearer):
        self.bearers.add(bearer)
        self._fail(of)
        self.wished[of.replica] = {"name": name, **wish}
        return replace(BREAKER, state="forced_open")

    def _fail(self, of):
        if of.replica in self.faults:
            raise self.faults[of.replica]


async def asked(fleet, method, path, body=None, token="house"):  # noqa: S107
    async with client(fleet=fleet) as http:
        headers = {"Authorization": f"Bearer {token}"}
        return await http.request(method, path, json=body, headers=headers)


async def test_the_breakers_of_every_replica_are_told_with_its_name(told):
    fleet = FakeFleet()

    answer = await asked(fleet, "GET", "/ops/breakers")

    shown = answer.json()
    assert answer.status_code == 200
    assert [each["replica"] for each in shown["breakers"]] == list(NAMES)
    assert {each["service"] for each in shown["breakers"]} == {"payments"}
    assert {each["state"] for each in shown["breakers"]} == {"closed"}
    assert (shown["degraded"], shown["why"]) == ([], {})
    assert fleet.bearers == {"Bearer house"}


async def test_a_wish_goes_to_every_replica(told):
    fleet = FakeFleet()

    answer = await asked(fleet, "PUT", "/ops/breakers/bank", WISH)

    assert answer.status_code == 200
    assert fleet.wished == {each: {"name": "bank", **WISH} for each in NAMES}
    states = {each["state"] for each in answer.json()["breakers"]}
    assert states == {"forced_open"}


FAULTS = st.sampled_from([*map(Missing, Why), NotShown(404, "No."), NotShown(500, "")])


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), FAULTS, min_size=1, max_size=2))
def test_replicas_that_do_not_do_it_are_named_and_the_others_do_it(faults):
    fleet = FakeFleet(faults=faults)

    answer = asyncio.run(asked(fleet, "PUT", "/ops/breakers/bank", WISH))

    shown = answer.json()
    assert answer.status_code == 207
    assert set(shown["degraded"]) == set(faults)
    assert {each["replica"] for each in shown["breakers"]} == set(NAMES) - set(faults)
    assert shown["why"] == {
        name: getattr(fault, "why", Why.REFUSED) for name, fault in faults.items()
    }


async def test_replicas_that_do_not_tell_are_named_and_told_of_once(told):
    fleet = FakeFleet(faults={"payments-2": Missing(Why.TIMEOUT)})

    answer = await asked(fleet, "GET", "/ops/breakers")

    assert answer.status_code == 200
    assert answer.json()["why"] == {"payments-2": "timeout"}
    line = told.event("fleet.degraded")
    assert (line["level"], line["fleet.degraded"]) == ("warning", "payments-2")


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (Missing(Why.AWAY), 503),
        (Missing(Why.TIMEOUT), 503),
        (NotShown(404, "GET /ops/breakers tells which there are."), 404),
        (NotShown(401, ""), 401),
        (NotShown(403, ""), 403),
    ],
)
async def test_what_no_replica_does_is_what_they_say(fault, status, told):
    fleet = FakeFleet(faults=dict.fromkeys(NAMES, fault))

    answer = await asked(fleet, "PUT", "/ops/breakers/bank", WISH)

    assert answer.status_code == status
    assert answer.json().get("detail", "") in (
        getattr(fault, "detail", ""),
        "No replica answered.",
    )


@pytest.mark.parametrize(
    "wish", [{}, {**WISH, "state": "ajar"}, {**WISH, "for_s": 0}, {**WISH, "odd": 1}]
)
async def test_a_wish_that_is_none_goes_to_nobody(wish, told):
    fleet = FakeFleet()

    answer = await asked(fleet, "PUT", "/ops/breakers/bank", wish)

    assert answer.status_code == 422
    assert fleet.wished == {}


async def test_only_those_who_have_breakers_are_asked(told):
    fleet = FakeFleet(names=("payments-1", "bank-1", "fraud-1"))

    shown = (await asked(fleet, "GET", "/ops/breakers")).json()

    assert [each["replica"] for each in shown["breakers"]] == ["payments-1"]


async def test_replicas_are_told_as_the_balancer_sees_them(told):
    payments = Replicas("payments", "http://127.0.0.1:8011,http://127.0.0.1:8021")
    bank = Replicas("bank", "http://127.0.0.1:8002")
    payments.follow(
        {"payments-2": "http://127.0.0.1:8021", "payments-1": "http://127.0.0.1:8011"}
    )
    first, second = sorted(payments, key=lambda each: each.name)
    for _ in range(FAILURES):
        with pytest.raises(httpx.ConnectError), payments.asked(second):
            raise httpx.ConnectError("refused")

    with payments.asked(first):
        fleet = HttpFleet([payments, bank], {})
        shown = (await asked(fleet, "GET", "/ops/replicas")).json()

    assert [(each["replica"], each["state"]) for each in shown] == [
        ("127.0.0.1:8002", "in"),
        ("payments-1", "in"),
        ("payments-2", "ejected"),
    ]
    assert [each["in_flight"] for each in shown] == [0, 1, 0]
    assert shown[2]["failures"] == FAILURES


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/ops/breakers", None),
        ("PUT", "/ops/breakers/bank", WISH),
        ("GET", "/ops/replicas", None),
    ],
)
async def test_operating_takes_the_scope(method, path, body, told):
    fleet = FakeFleet()

    answer = await asked(fleet, method, path, body, token="m-01@M-01 payments:read")

    assert answer.status_code == 403
    assert (fleet.wished, fleet.bearers) == ({}, set())


def over_http(give):
    """The fleet of one replica that answers so, and what it was asked."""
    seen = []

    def note(request):
        seen.append(request)
        return give(request)

    transport = TracedTransport("payments", httpx.MockTransport(note), timeout_s=1)
    direct = {"payments": httpx.AsyncClient(transport=transport)}
    return HttpFleet([], direct), seen


SHOWN = {
    "name": "bank",
    "state": "closed",
    "calls": 20,
    "bad": 0.05,
    "retry_after_s": 0.0,
    "held": None,
}


async def test_a_replica_is_asked_at_its_own_address_in_the_operators_name(told):
    fleet, seen = over_http(lambda _: httpx.Response(200, json=[SHOWN]))

    found = await fleet.breakers(standing("payments-2"), "Bearer house")

    assert found == [BREAKER]
    assert str(seen[0].url) == "http://payments-2/ops/breakers"
    assert seen[0].headers["authorization"] == "Bearer house"


async def test_a_wish_is_passed_on_as_it_is(told):
    fleet, seen = over_http(lambda _: httpx.Response(200, json=SHOWN))

    await fleet.hold("bank", WISH, standing("payments-1"), "Bearer house")

    assert (seen[0].method, seen[0].url.path) == ("PUT", "/ops/breakers/bank")
    assert httpx.Response(200, content=seen[0].content).json() == WISH


def late(request):
    raise httpx.ReadTimeout("late", request=request)


def gone(request):
    raise httpx.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    ("give", "why"),
    [
        (late, Why.TIMEOUT),
        (gone, Why.AWAY),
        (lambda _: httpx.Response(500), Why.REFUSED),
        (lambda _: httpx.Response(200, content=b"\xff"), Why.REFUSED),
        (lambda _: httpx.Response(200, json={"odd": 1}), Why.REFUSED),
    ],
)
async def test_a_replica_that_is_unwell_is_missing(give, why, told):
    fleet, _seen = over_http(give)

    with pytest.raises(Missing) as silence:
        await fleet.breakers(standing("payments-1"), "Bearer house")

    assert silence.value.why is why


async def test_a_replica_that_says_no_is_heard(told):
    problem = {"detail": "GET /ops/breakers tells which there are."}
    fleet, _seen = over_http(lambda _: httpx.Response(404, json=problem))

    with pytest.raises(NotShown) as said:
        await fleet.hold("odd", WISH, standing("payments-1"), "Bearer house")

    assert (said.value.status, said.value.detail) == (404, problem["detail"])
