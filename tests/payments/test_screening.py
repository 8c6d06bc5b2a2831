"""Fraud is asked once for the cards of a round of steps."""

from dataclasses import replace

import pytest

from apps.kit.values import Pan
from apps.payments.domain.orders import UNCHECKED
from apps.payments.domain.payment import Status
from tests.payments.paying import automatic, finished, paid

PANS = [Pan("5204460010000007"), Pan("4111111111111111"), Pan("5555555555554444")]


@pytest.fixture
def ports(either):
    return either


@pytest.fixture
async def payments(ports, fraud, told):
    """Three payments that are to be captured, each of a card of its own."""
    made = [await paid(replace(automatic(), pan=pan), ports) for pan in PANS]
    fraud.asked.clear()
    told.forget()
    return made


def cards(payments):
    return {each.card.token for each in payments}


async def test_one_question_is_for_all_cards_of_a_round(ports, fraud, payments, told):
    await finished(ports)

    assert [set(each) for each in fraud.rounds] == [cards(payments)]
    assert len(fraud.asked) == len(payments)
    assert len([each for each in told.spans if each.name == "payments.screen"]) == 1
    for payment in payments:
        after = await ports.store.payment(payment.payment_id)
        assert after.status is Status.CAPTURED


async def test_a_bad_card_costs_no_payment_but_its_own(ports, fraud, payments):
    bad, *others = payments
    fraud.bad.add(bad.card.token)

    await finished(ports)

    after = [await ports.store.payment(each.payment_id) for each in payments]
    assert after[0].status is Status.VOIDED
    assert {each.status for each in after[1:]} == {Status.CAPTURED}
    assert len(after[1:]) == len(others)


async def test_where_fraud_does_not_say_what_is_due_goes_on(ports, fraud, payments):
    fraud.screening = UNCHECKED

    await finished(ports)

    assert len(fraud.rounds) == 1
    for payment in payments:
        after = await ports.store.payment(payment.payment_id)
        assert after.status is Status.CAPTURED


async def test_where_asking_for_all_goes_wrong_each_asks_for_itself(
    ports, fraud, payments
):
    async def breaks(_cards):
        raise RuntimeError("a fault of ours")

    fraud.screen_all = breaks

    await finished(ports)

    assert set(fraud.asked) == cards(payments)


async def test_one_card_is_asked_about_in_the_trace_of_its_step(ports, fraud, told):
    payment = await paid(automatic(), ports)
    fraud.asked.clear()

    await finished(ports)

    assert (fraud.asked, fraud.rounds) == ([payment.card.token], [])
