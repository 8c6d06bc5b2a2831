"""One order under one key, whatever happens: the fake and PostgreSQL alike."""

import asyncio

import pytest

from apps.kit.forgetting import forget
from apps.payments.domain.changes import AuthorisationRequested
from apps.payments.domain.life import fold
from apps.payments.domain.payment import Status
from apps.payments.idempotency import InFlight, KeyReused
from apps.payments.store import claims
from apps.payments.usecases.again import Changed
from apps.payments.usecases.pay import pay
from tests.fakes import order
from tests.payments.fakes import Died
from tests.payments.paying import fresh_key, holder_dies, run, undecided

AGE = "UPDATE idempotency SET first_at = now() - interval '25 hours'"


@pytest.fixture
def ports(either):
    return either


@pytest.fixture
def key():
    return fresh_key()


@pytest.fixture
def dying(bank):
    """A bank during whose answer the process dies; afterwards it answers as ever."""
    answers = bank.authorise

    async def die(*_asked, **_rest):
        bank.authorise = answers
        raise Died

    bank.authorise = die
    return bank


@pytest.mark.parametrize("amount", [100, 15_000, 50_000])
async def test_asked_again_the_answer_is_repeated(ports, bank, key, told, amount):
    first = await pay(order(amount), key, ports)
    again = await pay(order(amount), key, ports)

    assert (again.payment_id, again.body) == (first.payment_id, first.body)
    assert again.first_at is not None
    assert first.first_at is None
    assert len(bank.asked) == (amount > 10_000)
    assert told.counted("payments.orders.again", idempotency_outcome="replayed") == 1


async def test_another_order_under_the_key_is_refused(ports, key, told):
    await pay(order(100), key, ports)

    with pytest.raises(KeyReused):
        await pay(order(101), key, ports)


async def test_many_at_once_are_one_payment(ports, bank, key, told):
    tries = [pay(order(15_000), key, ports) for _ in range(5)]
    answers = await asyncio.gather(*tries, return_exceptions=True)

    given = [each for each in answers if not isinstance(each, Exception)]
    assert {each.body for each in given} == {given[0].body}
    assert {type(each) for each in answers} <= {type(given[0]), InFlight}
    assert len(bank.asked) == 1
    assert told.counted("payments.decisions") == 1


async def test_while_the_first_is_at_work_the_second_is_told_to_wait(
    ports, dying, key, told
):
    with pytest.raises(Died):
        await pay(order(15_000), key, ports)

    with pytest.raises(InFlight):
        await pay(order(15_000), key, ports)


@pytest.mark.parametrize("amount", [15_000, 50_000])
async def test_what_a_dead_process_left_is_finished_under_the_same_payment(
    ports, dying, key, told, amount
):
    with pytest.raises(Died):
        await pay(order(amount), key, ports)
    await holder_dies(ports)

    answer = await pay(order(amount), key, ports)

    history = await ports.store.history(answer.payment_id)
    payment = await ports.store.payment(answer.payment_id)
    asked = [each for each in history if isinstance(each.event, AuthorisationRequested)]
    assert payment == fold(history)
    assert payment.status is not Status.RECEIVED
    assert [each.event.attempt for each in asked] == [1, 2]
    assert {each.event.request_id for each in asked} == {answer.payment_id}
    assert (await pay(order(amount), key, ports)).body == answer.body
    assert told.counted("payments.orders.again", idempotency_outcome="resumed") == 1


async def test_whoever_was_taken_over_from_can_no_longer_finish(ports, bank, key, told):
    """The first is slow, not dead: while its bank thinks, a second takes over."""
    answers = bank.authorise

    async def overtaken(*asked, **rest):
        bank.authorise = answers
        await holder_dies(ports)
        second.append(await pay(order(15_000), key, ports))
        return await answers(*asked, **rest)

    second = []
    bank.authorise = overtaken
    with pytest.raises(Changed):
        await pay(order(15_000), key, ports)

    assert (await pay(order(15_000), key, ports)).body == second[0].body
    assert told.counted("payments.decisions") == 1


async def test_the_same_key_of_another_merchant_is_another_key(ports, key, told):
    first = await pay(order(100, pos_id="POS-01"), key, ports)
    other = await pay(order(100, pos_id="POS-03"), key, ports)

    assert first.payment_id != other.payment_id


@pytest.mark.postgres
async def test_after_a_day_a_key_is_forgotten(real, key, told):
    first = await pay(order(100), key, real)
    await pay(order(100), fresh_key(), real)

    assert await forget(real.store.database, claims.PURGE, claims.KEPT_FOR) == 0
    await run(real, AGE)
    assert await forget(real.store.database, claims.PURGE, claims.KEPT_FOR) == 2
    assert (await pay(order(100), key, real)).payment_id != first.payment_id


@pytest.mark.postgres
async def test_what_was_never_answered_is_not_forgotten(real, dying, key, told):
    """Or it could never be finished: its claim says that nobody is at work on it."""
    with pytest.raises(Died):
        await pay(order(15_000), key, real)
    (payment,) = await undecided(real)
    await run(real, AGE)
    await holder_dies(real)

    assert await forget(real.store.database, claims.PURGE, claims.KEPT_FOR) == 0
    assert await real.steps.abandoned(payment.payment_id) is not None
