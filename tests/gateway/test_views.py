"""A payment's view: what several know of it, and who had nothing to say."""

import asyncio

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.gateway.clients.parts import bulkheads
from apps.gateway.domain.views import Part
from apps.kit.errors import DependencyUnavailable
from tests.gateway.clock import timed
from tests.gateway.services import (
    BANK,
    BUDGET_S,
    EVENT,
    ID,
    PAYMENT,
    FakeServices,
    Manner,
    client,
    get,
    said,
)

VIEW = f"/payments/{ID}/view"
PARTS = (Part.BANK, Part.FRAUD, Part.NOTIFICATIONS, Part.EVENTS)
MERCHANT = "m-01@M-01 payments:read"


async def test_a_view_tells_what_all_know(told):
    services = FakeServices()

    answer = await get(services, VIEW)

    shown = answer.json()
    assert answer.status_code == 200
    assert shown["payment"] == PAYMENT
    assert shown["bank"] == {key: BANK[key] for key in BANK if key != "request_id"}
    assert shown["fraud"] == {"status": "ORANGE", "count": 7, "refused": 2}
    assert [each["state"] for each in shown["notifications"]] == ["delivered"]
    assert [each["type"] for each in shown["events"]] == [EVENT["type"]]
    assert (shown["degraded"], shown["why"]) == ([], {})
    assert told.counted("composition.parts", part_outcome="told") == len(PARTS)
    assert told.events("view.degraded") == []


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(PARTS), st.sampled_from(Manner)))
def test_whoever_fails_in_whatever_manner_the_others_are_told(unwell):
    services, well = FakeServices(unwell=unwell), FakeServices()

    answer, took_s = timed(get(services, VIEW))

    whole, _ = timed(get(well, VIEW))
    shown = answer.json()
    assert answer.status_code == 200
    assert set(shown["degraded"]) == set(unwell)
    assert shown["why"] == {part: manner.why for part, manner in unwell.items()}
    for part in PARTS:
        wanted = None if part in unwell else whole.json()[part]
        assert shown[part] == wanted
    assert took_s <= BUDGET_S + 0.1


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_hangs_is_let_go_when_its_budget_is_spent(part):
    services = FakeServices(unwell={part: Manner.HANGS})

    answer, took_s = timed(get(services, VIEW))

    assert answer.json()["why"] == {part: "timeout"}
    assert services.cancelled == [part]
    assert BUDGET_S <= took_s <= BUDGET_S + 0.1


def test_all_that_hang_are_waited_for_at_once():
    services = FakeServices(unwell=dict.fromkeys(PARTS, Manner.HANGS))

    answer, took_s = timed(get(services, VIEW))

    assert set(answer.json()["degraded"]) == set(PARTS)
    assert took_s <= BUDGET_S + 0.1


async def test_a_degraded_answer_is_told_once_and_its_parts_on_the_span(told):
    services = FakeServices(unwell={Part.BANK: Manner.AWAY, Part.FRAUD: Manner.BREAKS})

    await get(services, VIEW)

    line = told.event("view.degraded")
    assert line["level"] == "warning"
    assert set(line["view.degraded"].split(",")) == {"bank", "fraud"}
    assert set(line["view.why"].split(",")) == {"away", "refused"}
    span = told.span("GET /api/v1/payments/{payment_id}/view")
    met = {event.attributes["part.name"] for event in span.events}
    assert met == {"bank", "fraud"}
    assert told.counted("composition.parts", part_outcome="away") == 1
    assert told.counted("composition.parts", part_name="fraud") == 1


async def test_a_part_that_knows_nothing_of_it_is_null_and_not_degraded(told):
    services = FakeServices(unknown={Part.FRAUD})

    shown = (await get(services, VIEW)).json()

    assert (shown["fraud"], shown["degraded"]) == (None, [])
    assert told.counted("composition.parts", part_outcome="unknown") == 1


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "unauthenticated"),
        (403, "forbidden"),
        (404, "not-found"),
        (429, "rate-limited"),
        (500, "dependency-unavailable"),
        (503, "dependency-unavailable"),
        (504, "deadline-exceeded"),
    ],
)
async def test_what_payments_says_of_a_payment_is_the_answer(status, code, told):
    services = FakeServices(payment=said({"detail": "Look elsewhere."}, status))

    answer = await get(services, VIEW)

    assert answer.json()["code"] == code
    assert answer.json()["detail"] == "Look elsewhere."
    assert services.asked() == {f"/payments/{ID}"}


async def test_a_payment_that_cannot_be_understood_is_no_answer(told):
    answer = await get(FakeServices(payment=said(["odd"])), VIEW)

    assert (answer.status_code, answer.json()["code"]) == (
        503,
        DependencyUnavailable.code,
    )


async def test_the_callers_token_goes_to_payments_and_our_own_to_the_others(told):
    services = FakeServices()

    await get(services, VIEW)

    asked = {call.path: name for name, call in services.calls}
    for path, name in asked.items():
        own = "house" if name == "payments" else "the-gateways-own"
        assert services.bearer(path) == f"Bearer {own}"


async def test_a_merchant_learns_of_the_card_its_status_alone(told):
    shown = (await get(FakeServices(), VIEW, MERCHANT)).json()

    assert shown["fraud"] == {"status": "ORANGE", "count": None, "refused": None}


async def test_a_merchant_with_every_scope_learns_no_more_of_the_card(told):
    token = f"{MERCHANT} fraud:read audit:read"

    shown = (await get(FakeServices(), VIEW, token)).json()

    assert shown["fraud"] == {"status": "ORANGE", "count": None, "refused": None}


async def test_what_happened_to_it_is_for_auditors(told):
    services = FakeServices()

    shown = (await get(services, VIEW, MERCHANT)).json()

    assert (shown["events"], shown["degraded"]) == (None, [])
    assert f"/payments/{ID}/events" not in services.asked()


async def test_what_another_merchant_was_told_is_not_shown(told):
    services = FakeServices()
    (mine,) = services.told[Part.NOTIFICATIONS]
    services.told[Part.NOTIFICATIONS] = [mine, {**mine, "merchant_id": "M-02"}]

    shown = (await get(services, VIEW, MERCHANT)).json()

    assert [each["merchant_id"] for each in shown["notifications"]] == ["M-01"]


@pytest.mark.parametrize("source", ["terminal", "fraud", "floor_limit"])
async def test_the_bank_is_not_asked_of_what_it_never_heard_of(source, told):
    payment = {**PAYMENT, "authorisation": {"source": source}}
    services = FakeServices(payment=said(payment))

    shown = (await get(services, VIEW)).json()

    assert (shown["bank"], shown["degraded"]) == (None, [])
    assert not any(name == "bank" for name, _call in services.calls)


@pytest.mark.parametrize("authorisation", [None, {"source": "delegation"}])
async def test_the_bank_is_asked_of_what_it_may_have_heard_of(authorisation, told):
    payment = {**PAYMENT, "authorisation": authorisation}

    shown = (await get(FakeServices(payment=said(payment)), VIEW)).json()

    assert shown["bank"]["approved"]


async def test_nobody_is_asked_without_the_scope(told):
    services = FakeServices()

    answer = await get(services, VIEW, "m-01@M-01 merchant:read")

    assert answer.status_code == 403
    assert services.calls == []


async def test_an_id_that_is_none_is_refused(told):
    answer = await get(FakeServices(), "/payments/abc/view")

    assert (answer.status_code, answer.json()["code"]) == (400, "validation-failed")


async def test_without_a_token_of_our_own_the_others_are_away(told):
    services = FakeServices()

    async def no_token():
        raise httpx.ConnectError("no token")

    async with client(services, own_token=no_token) as http:
        answer = await http.get(VIEW, headers={"Authorization": "Bearer house"})

    assert answer.json()["degraded"] == ["fraud", "notifications", "bank"]
    assert set(answer.json()["why"].values()) == {"away"}


async def test_a_part_whose_bulkhead_is_full_is_not_asked(told):
    services, rooms = FakeServices(), bulkheads(1)

    async with rooms[Part.BANK](), client(services, rooms=rooms) as http:
        answer = await http.get(VIEW, headers={"Authorization": "Bearer house"})

    assert answer.json()["why"] == {"bank": "busy"}
    assert not any(name == "bank" for name, _call in services.calls)


def test_those_who_wait_for_a_part_that_hangs_keep_nobody_from_the_others():
    services = FakeServices(unwell={Part.BANK: Manner.HANGS})

    async def many():
        async with client(services, rooms=bulkheads(2)) as http:
            headers = {"Authorization": "Bearer house"}
            asked = (http.get(VIEW, headers=headers) for _ in range(8))
            return await asyncio.gather(*asked)

    answers, took_s = timed(many())

    why = [each.json()["why"] for each in answers]
    assert sorted(each["bank"] for each in why) == ["busy"] * 6 + ["timeout"] * 2
    assert {tuple(each) for each in why} == {("bank",)}
    assert took_s <= BUDGET_S + 0.1


@pytest.mark.parametrize(
    "path",
    [VIEW, "/merchants/me/dashboard", "/merchants/me/balance", "/ops/replicas"],
)
@pytest.mark.parametrize(
    "headers", [[], [("Authorization", "Bearer house"), ("Authorization", "Bearer x")]]
)
async def test_nobody_is_asked_without_the_one_token(path, headers, told):
    services = FakeServices()

    async with client(services) as http:
        answer = await http.get(path, headers=headers)

    assert answer.status_code == 401
    assert services.calls == []


async def test_patience_that_is_no_number_is_refused(told):
    services = FakeServices()
    headers = {"Authorization": "Bearer house", "Request-Timeout-Ms": "soon"}

    async with client(services) as http:
        answer = await http.get(VIEW, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "validation-failed")
    assert services.calls == []
