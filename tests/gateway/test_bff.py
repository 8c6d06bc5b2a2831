"""What a merchant's own pages show: figures, money, latest payments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.gateway.domain.views import Part
from tests.gateway.clock import timed
from tests.gateway.services import (
    AT,
    BUDGET_S,
    FIGURES,
    MONEY,
    OLDER,
    PAYMENT,
    FakeServices,
    Manner,
    get,
    said,
)

DASHBOARD, BALANCE = "/merchants/me/dashboard", "/merchants/me/balance"
MERCHANT = "m-01@M-01 merchant:read payments:read"
PARTS = (Part.FIGURES, Part.MONEY, Part.LATEST)


async def test_a_dashboard_tells_figures_money_and_latest_payments(told):
    answer = await get(FakeServices(), DASHBOARD, MERCHANT)

    shown = answer.json()
    assert answer.status_code == 200
    assert shown["merchant_id"] == "M-01"
    assert shown["figures"]["days"] == FIGURES["days"]
    assert shown["money"]["balances"] == MONEY["balances"]
    assert shown["latest"] == [PAYMENT]
    assert (shown["degraded"], shown["why"]) == ([], {})


async def test_a_dashboard_is_as_old_as_the_older_of_its_parts(told):
    shown = (await get(FakeServices(), DASHBOARD, MERCHANT)).json()

    assert (shown["as_of"], shown["lag_ms"]) == (OLDER, 40)
    assert (shown["figures"]["as_of"], shown["figures"]["lag_ms"]) == (AT, 0)


async def test_a_merchant_of_whom_no_event_was_heard_has_no_age(told):
    services = FakeServices()
    services.told[Part.FIGURES] = {**FIGURES, "as_of": None}
    services.told[Part.MONEY] = {**MONEY, "as_of": None, "balances": []}

    shown = (await get(services, DASHBOARD, MERCHANT)).json()

    assert (shown["as_of"], shown["lag_ms"]) == (None, 40)


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(PARTS), st.sampled_from(Manner), max_size=len(PARTS) - 1
    )
)
def test_whoever_fails_in_whatever_manner_the_others_are_shown(unwell):
    services = FakeServices(unwell=unwell)

    answer, took_s = timed(get(services, DASHBOARD, MERCHANT))

    whole, _ = timed(get(FakeServices(), DASHBOARD, MERCHANT))
    shown = answer.json()
    assert answer.status_code == 200
    assert shown["why"] == {part: manner.why for part, manner in unwell.items()}
    assert set(shown["degraded"]) == set(unwell)
    for part in PARTS:
        assert shown[part] == (None if part in unwell else whole.json()[part])
    assert took_s <= BUDGET_S + 0.1


@settings(deadline=None)
@given(st.tuples(*[st.sampled_from(Manner)] * len(PARTS)))
def test_a_dashboard_of_which_nothing_is_left_is_no_answer(manners):
    services = FakeServices(unwell=dict(zip(PARTS, manners, strict=True)))

    answer, took_s = timed(get(services, DASHBOARD, MERCHANT))

    is_late = any(manner.why == "timeout" for manner in manners)
    assert answer.status_code == (504 if is_late else 503)
    assert answer.headers["retry-after"] == "1"
    assert took_s <= BUDGET_S + 0.1


async def test_all_is_asked_in_the_merchants_own_name(told):
    services = FakeServices()

    await get(services, DASHBOARD, MERCHANT)

    for path in services.asked():
        assert services.bearer(path) == f"Bearer {MERCHANT}"


async def test_the_days_are_passed_on_within_bounds(told):
    services = FakeServices()

    refused = await get(services, f"{DASHBOARD}?days=91", MERCHANT)

    assert refused.status_code == 400
    assert services.calls == []


async def test_latest_payments_are_for_those_who_may_look_at_payments(told):
    services = FakeServices()

    shown = (await get(services, DASHBOARD, "m-01@M-01 merchant:read")).json()

    assert (shown["latest"], shown["degraded"]) == (None, [])
    assert not any(name == "payments" for name, _call in services.calls)


async def test_another_merchants_payment_is_never_among_the_latest(told):
    services = FakeServices()
    foreign = {**PAYMENT, "merchant_id": "M-02"}
    services.told[Part.LATEST] = {"payments": [foreign, PAYMENT, {}], "next": None}

    shown = (await get(services, DASHBOARD, MERCHANT)).json()

    assert shown["latest"] == [PAYMENT]


async def test_a_merchants_name_stays_one_part_of_the_path(told):
    services = FakeServices()

    await get(services, BALANCE, "odd@../M-01?a=b merchant:read")

    assert services.asked() == {"/merchants/..%2FM-01%3Fa%3Db/balance"}


async def test_a_balance_tells_what_a_merchant_is_to_be_paid(told):
    answer = await get(FakeServices(), BALANCE, MERCHANT)

    assert answer.status_code == 200
    assert answer.json() == MONEY


@pytest.mark.parametrize("manner", Manner)
def test_a_balance_is_whole_or_not_at_all(manner):
    services = FakeServices(unwell={Part.MONEY: manner})

    answer, took_s = timed(get(services, BALANCE, MERCHANT))

    assert answer.status_code == (504 if manner.why == "timeout" else 503)
    assert took_s <= BUDGET_S + 0.1


@pytest.mark.parametrize("path", [DASHBOARD, BALANCE])
async def test_one_of_the_house_is_no_merchant(path, told):
    services = FakeServices()

    answer = await get(services, path)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert "names none" in answer.json()["detail"]
    assert services.calls == []


@pytest.mark.parametrize("path", [DASHBOARD, BALANCE])
async def test_nobody_is_asked_without_the_scope(path, told):
    services = FakeServices(payment=said({}, 500))

    answer = await get(services, path, "m-01@M-01 payments:read")

    assert answer.status_code == 403
    assert services.calls == []
