"""What nobody decided is decided: orders left by a process, or by a deadline."""

from dataclasses import replace

import pytest

from apps.kit.values import Cents
from apps.payments.domain.changes import AuthorisationUnknown
from apps.payments.domain.orders import Screening
from apps.payments.domain.payment import Reversal, Status
from apps.payments.domain.rules import Mode, Reason, Source
from apps.payments.ports import BankRefuses, BankSilent
from apps.payments.usecases.again import Changed
from apps.payments.usecases.pay import pay
from apps.payments.usecases.recover import inquire
from tests.fakes import order
from tests.payments.fakes import Died
from tests.payments.paying import (
    automatic,
    finished,
    fresh_key,
    holder_dies,
    hurried,
    paid,
    recovered,
    undecided,
)

AMOUNT = 15_000


@pytest.fixture
def ports(either):
    return either


@pytest.fixture
def key():
    return fresh_key()


async def left_behind(ports, bank, key, *, before: bool = False):
    """The process dies while the bank is asked, or just before."""
    authorise = bank.authorise

    async def dies(payment, **rest):
        if not before:
            await authorise(payment, **rest)
        raise Died

    bank.authorise = dies
    with pytest.raises(Died):
        await pay(order(AMOUNT), key, ports)
    bank.authorise = authorise
    (found,) = await undecided(ports)
    return found


async def pending(ports, bank, key, asked=None):
    """The caller's time is up before the bank has answered."""
    bank.late = True
    answer = await hurried(asked or order(AMOUNT), key, ports, 0.5)
    bank.late = False
    return answer


@pytest.mark.parametrize("before", [False, True])
async def test_whoever_left_is_given_up_and_the_bank_lets_go(
    ports, bank, clock, key, told, before
):
    payment = await left_behind(ports, bank, key, before=before)
    await holder_dies(ports)
    clock.passes(seconds=31)

    await recovered(ports)
    payment = await finished(ports, payment)

    assert payment.decision.reason is Reason.SYSTEM_ERROR
    assert payment.decision.network_code == "96"
    assert payment.reversal is Reversal.CONFIRMED
    assert bank.holds == set()
    assert (await pay(order(AMOUNT), key, ports)).status == 201
    assert b"SYSTEM_ERROR" in (await pay(order(AMOUNT), key, ports)).body
    assert told.counted("payments.decisions", payment_reason="SYSTEM_ERROR") == 1


async def test_whoever_may_still_come_back_is_waited_for(ports, bank, clock, key, told):
    payment = await left_behind(ports, bank, key)
    await holder_dies(ports)
    clock.passes(seconds=29)

    await recovered(ports)

    assert await ports.store.payment(payment.payment_id) == payment


async def test_what_somebody_is_at_work_on_is_left_to_him(
    ports, bank, clock, key, told
):
    payment = await left_behind(ports, bank, key)
    clock.passes(seconds=31)

    await recovered(ports)

    assert await ports.store.payment(payment.payment_id) == payment


async def test_whoever_comes_back_too_late_learns_what_was_decided(
    ports, bank, clock, key, told
):
    """He is slow, not dead: while his bank thinks, his payment is given up."""
    authorise = bank.authorise

    async def slow(payment, **rest):
        answer = await authorise(payment, **rest)
        await holder_dies(ports)
        clock.passes(seconds=31)
        await recovered(ports)
        return answer

    bank.authorise = slow
    with pytest.raises(Changed):
        await pay(order(AMOUNT), key, ports)
    again = await pay(order(AMOUNT), key, ports)
    await finished(ports)

    assert b"SYSTEM_ERROR" in again.body
    assert bank.holds == set()


async def test_at_the_deadline_the_caller_hears_that_we_do_not_know(
    ports, bank, key, told
):
    answer = await pending(ports, bank, key)

    payment = await ports.store.payment(answer.payment_id)
    history = await ports.store.history(answer.payment_id)
    assert answer.status == 202
    assert b'"status":"pending"' in answer.body
    assert (payment.status, payment.decision) == (Status.PENDING, None)
    assert history[-1].event == AuthorisationUnknown("deadline")
    assert (await pay(order(AMOUNT), key, ports)).body == answer.body
    assert told.counted("payments.decisions") == 0


async def test_with_too_little_time_left_no_bank_is_asked(ports, bank, key, told):
    answer = await hurried(order(AMOUNT), key, ports, 0.05)

    assert answer.status == 202
    assert bank.asked == []


async def test_with_little_time_what_the_shop_decides_is_decided(ports, key, told):
    answer = await hurried(order(100), key, ports, 0.001)

    assert answer.status == 201


async def test_a_bank_that_is_away_is_stood_in_for_whatever_the_time(
    ports, bank, key, told
):
    """Nothing was said into the void: there is nothing to wait for."""
    bank.silent = True

    answer = await hurried(order(AMOUNT), key, ports, 0.5)

    assert answer.status == 201
    payment = await ports.store.payment(answer.payment_id)
    assert payment.decision.source is Source.DELEGATION


@pytest.mark.parametrize(
    ("approved", "status"), [(True, Status.AUTHORISED), (False, Status.DECLINED)]
)
async def test_what_is_pending_is_decided_as_the_bank_says(
    ports, bank, clock, key, told, approved, status
):
    bank.approved = approved
    answer = await pending(ports, bank, key)
    clock.passes(seconds=31)

    for _ in range(2):
        await recovered(ports)

    payment = await ports.store.payment(answer.payment_id)
    assert (payment.status, payment.decision.source) == (status, Source.BANK)
    assert payment.decision.mode is Mode.STANDARD
    assert payment.reversal is None
    assert (payment.payment_id in bank.holds) is approved
    assert told.counted("payments.decisions") == 1


async def test_what_the_bank_never_heard_of_is_given_up(ports, bank, clock, key, told):
    answer = await hurried(order(AMOUNT), key, ports, 0.05)
    clock.passes(seconds=31)

    await recovered(ports)
    await finished(ports)

    payment = await ports.store.payment(answer.payment_id)
    late = await bank.authorise(payment)
    assert payment.decision.reason is Reason.SYSTEM_ERROR
    assert payment.reversal is Reversal.CONFIRMED
    assert not late.approved


async def test_while_the_bank_is_silent_what_is_pending_stays_so(
    ports, bank, clock, key, told
):
    answer = await pending(ports, bank, key)
    clock.passes(seconds=31)
    bank.silent = True
    await recovered(ports)
    assert (await ports.store.payment(answer.payment_id)).status is Status.PENDING

    bank.silent = False
    await recovered(ports)

    assert (await ports.store.payment(answer.payment_id)).status is Status.AUTHORISED


async def test_what_was_pending_is_captured_by_itself_too(
    ports, bank, clock, key, told
):
    answer = await pending(ports, bank, key, automatic(AMOUNT))
    clock.passes(seconds=31)
    await recovered(ports)

    for _ in range(2):
        await finished(ports)

    payment = await ports.store.payment(answer.payment_id)
    assert payment.status is Status.CAPTURED
    assert bank.captured == {payment.decision.authorisation_id: AMOUNT}


@pytest.mark.parametrize("since", ["blocked", "flagged", "expired"])
async def test_a_card_that_went_bad_meanwhile_leaves_no_hold_behind(
    ports, bank, fraud, clock, key, told, since
):
    """The bank had approved; then the process died, and then the card was refused."""
    payment = await left_behind(ports, bank, key)
    assert bank.holds == {payment.payment_id}
    await holder_dies(ports)
    if since == "blocked":
        await ports.store.block(payment.card, "stolen")
    elif since == "flagged":
        fraud.screening = Screening("RED", checked=True)
    else:
        clock.at = clock.at.replace(year=2031)

    answer = await pay(order(AMOUNT), key, ports)
    await finished(ports)

    after = await ports.store.payment(answer.payment_id)
    assert after.payment_id == payment.payment_id
    assert after.status is Status.DECLINED
    assert after.reversal is Reversal.CONFIRMED
    assert bank.holds == set()


async def test_whoever_took_over_and_was_taken_over_from_is_told_of_a_conflict(
    ports, bank, key, told
):
    await left_behind(ports, bank, key)
    await holder_dies(ports)
    authorise = bank.authorise

    async def overtaken(payment, **rest):
        bank.authorise = authorise
        await holder_dies(ports)
        second.append(await pay(order(AMOUNT), key, ports))
        return await authorise(payment, **rest)

    second = []
    bank.authorise = overtaken
    with pytest.raises(Changed):
        await pay(order(AMOUNT), key, ports)

    assert (await pay(order(AMOUNT), key, ports)).body == second[0].body


async def test_decided_payments_are_left_alone(ports, bank, clock, told):
    payments = [await paid(order(amount), ports) for amount in (100, AMOUNT)]
    bank.approved = False
    payments.append(await paid(order(AMOUNT), ports))
    clock.passes(days=1)

    await recovered(ports)

    for payment in payments:
        assert await ports.store.payment(payment.payment_id) == payment


async def test_one_that_cannot_be_decided_holds_up_no_other(
    ports, bank, clock, key, told
):
    stuck = await pending(ports, bank, key)
    other = await pending(ports, bank, fresh_key())
    clock.passes(seconds=31)
    find = bank.find

    async def refuses_one(payment_id):
        if payment_id == stuck.payment_id:
            raise BankRefuses("ValidationError")
        return await find(payment_id)

    bank.find = refuses_one
    await recovered(ports)

    assert (await ports.store.payment(stuck.payment_id)).status is Status.PENDING
    assert (await ports.store.payment(other.payment_id)).status is Status.AUTHORISED


async def test_nobody_stands_in_for_a_bank_that_will_not_hear_us(
    ports, bank, clock, key, told
):
    """Its refusal is our fault: the caller gets no answer, and his payment is given up."""

    async def refuses(_payment, **_rest):
        raise BankRefuses("validation-failed")

    bank.authorise = refuses
    with pytest.raises(BankRefuses):
        await pay(order(AMOUNT), key, ports)
    (payment,) = await undecided(ports)
    assert payment.decision is None

    await holder_dies(ports)
    clock.passes(seconds=31)
    await recovered(ports)
    payment = await finished(ports, payment)

    assert payment.decision.reason is Reason.SYSTEM_ERROR
    assert payment.decision.network_code == "96"
    assert payment.reversal is Reversal.CONFIRMED


async def test_whoever_was_asked_once_decides_whatever_limit_was_raised_since(
    ports, bank, key, told
):
    payment = await left_behind(ports, bank, key)
    await holder_dies(ports)
    raised = replace(ports, limits=replace(ports.limits, floor=Cents(AMOUNT)))

    await pay(order(AMOUNT), key, raised)

    after = await ports.store.payment(payment.payment_id)
    assert after.decision.source is Source.BANK
    assert after.is_confirmed_by_bank


@pytest.mark.parametrize(("is_away", "decided"), [(True, 0), (False, 1)])
async def test_a_bank_that_fails_for_one_is_asked_about_the_next(
    ports, bank, clock, key, told, is_away, decided
):
    first = await pending(ports, bank, key)
    await pending(ports, bank, fresh_key())
    clock.passes(seconds=31)
    find = bank.find

    async def fails(payment_id):
        if payment_id == first.payment_id:
            raise BankSilent("HTTPStatusError", is_away=is_away)
        return await find(payment_id)

    bank.find = fails
    await inquire(ports)

    assert len(await undecided(ports)) == 2 - decided
    silent = {line.get("payment.id") for line in told.events("bank.silent")}
    assert str(first.payment_id) in silent
