"""What finishes a payment after its answer: captures, reversals, reconciliations."""

from dataclasses import replace

import pytest

from apps.kit.values import Cents
from apps.payments.domain.changes import (
    Outcome,
    PaymentVoided,
    StandInReconciled,
    VoidReason,
)
from apps.payments.domain.orders import Screening
from apps.payments.domain.payment import Reversal, StandIn, Status
from apps.payments.domain.sagas import Step, retry_after
from apps.payments.events import CAPTURED, RECONCILED
from apps.payments.ports import BankRefuses
from apps.payments.usecases.finish import finish
from apps.payments.usecases.heed import confirm_let_go, void_flagged
from apps.payments.usecases.move import capture, refund, void
from apps.payments.usecases.recover import expire
from apps.payments.usecases.unstick import NotStuck, retry, stuck
from apps.payments.usecases.watch import balance, watch
from tests.payments.fakes import Died, sums
from tests.payments.paying import (
    automatic,
    finished,
    fresh_key,
    holder_dies,
    manual,
    paid,
)


@pytest.fixture
def ports(either):
    return either


async def events_of(payment, ports):
    return [each.event for each in await ports.store.history(payment.payment_id)]


async def test_what_was_to_be_captured_by_itself_is(ports, bank, told):
    payment = await paid(automatic(), ports)
    assert payment.status is Status.AUTHORISED

    payment = await finished(ports, payment)
    assert (payment.status, payment.captured) == (Status.CAPTURED, 15_000)
    await finished(ports)

    assert bank.captured == {payment.decision.authorisation_id: 15_000}
    assert await ports.steps.ages() == {}
    assert told.counted("payments.saga.steps", saga_outcome="done") == 2
    assert told.counted("payments.movements", movement_kind="capture") == 1


async def test_what_was_not_stays_as_it_is(ports, bank, told):
    payment = await paid(manual(15_000), ports)

    assert await finished(ports, payment) == payment
    assert bank.captured == {}


async def test_a_capture_that_was_asked_for_comes_first(ports, bank, told):
    payment = await paid(automatic(), ports)
    await capture(payment.payment_id, Cents(9_000), fresh_key(), ports)

    payment = await finished(ports, payment)

    assert payment.captured == 9_000
    assert bank.captured == {payment.decision.authorisation_id: 9_000}
    assert await ports.steps.ages() == {}


async def test_what_was_voided_is_not_captured_any_more(ports, bank, told):
    payment = await paid(automatic(), ports)
    await void(payment.payment_id, fresh_key(), ports)

    payment = await finished(ports, payment)

    assert (payment.status, payment.reversal) == (Status.VOIDED, Reversal.CONFIRMED)
    assert bank.holds == set()
    assert bank.captured == {}
    assert await ports.steps.ages() == {}


async def test_what_the_shop_decided_alone_the_bank_hears_nothing_of(ports, bank, told):
    payment = await paid(automatic(100), ports)

    payment = await finished(ports, payment)
    await finished(ports)

    assert payment.status is Status.CAPTURED
    assert (bank.asked, bank.captured) == ([], {})
    assert await ports.steps.ages() == {}


async def test_a_silent_bank_is_tried_again_until_it_speaks(ports, bank, told):
    payment = await paid(automatic(), ports)
    await finished(ports)
    bank.silent = True
    for _ in range(3):
        await finished(ports)
    assert (await ports.steps.ages())[Step.BANK_CAPTURE][0] == 1
    failures = told.events("saga.step_failed")
    assert [each["saga.attempt"] for each in failures] == [1, 2, 3]
    assert [each["level"] for each in failures] == ["warning", "warning", "error"]
    assert {each["error.type"] for each in failures} == {"BankSilent"}

    bank.silent = False
    await finished(ports)

    assert bank.captured == {payment.decision.authorisation_id: 15_000}
    assert await ports.steps.ages() == {}


async def test_what_the_bank_will_not_hear_waits_for_somebody_to_look(
    ports, bank, told
):
    payment = await paid(automatic(), ports)
    await finished(ports)

    async def refuses(*_):
        raise BankRefuses("invalid-state")

    captures, bank.capture = bank.capture, refuses
    await finished(ports)
    bank.capture = captures
    await finished(ports)

    assert bank.captured == {}
    assert told.event("saga.step_refused")["level"] == "error"
    assert (await ports.store.payment(payment.payment_id)).status is Status.CAPTURED
    (found,) = await stuck(ports)
    assert (found.payment_id, found.step) == (payment.payment_id, Step.BANK_CAPTURE)
    assert found.error == "invalid-state"


async def test_whoever_looked_may_have_it_tried_again(ports, bank, told):
    payment = await paid(automatic(), ports)
    await finished(ports)

    async def refuses(*_):
        raise BankRefuses("invalid-state")

    captures, bank.capture = bank.capture, refuses
    await finished(ports)
    bank.capture = captures

    await retry(payment.payment_id, Step.BANK_CAPTURE, ports)
    await finished(ports)

    assert bank.captured == {payment.decision.authorisation_id: 15_000}
    assert await stuck(ports) == []
    with pytest.raises(NotStuck):
        await retry(payment.payment_id, Step.BANK_CAPTURE, ports)


async def test_a_reversal_whose_answer_was_lost_is_asked_for_again(ports, bank, told):
    payment = await paid(manual(15_000), ports)
    await void(payment.payment_id, fresh_key(), ports)
    bank.late = True
    payment = await finished(ports, payment)
    assert payment.reversal is Reversal.REQUESTED

    bank.late = False
    payment = await finished(ports, payment)

    assert payment.reversal is Reversal.CONFIRMED
    assert bank.reversed == {payment.payment_id}


async def test_that_the_bank_let_go_is_heard_once(ports, bank, told):
    payment = await paid(manual(15_000), ports)
    await void(payment.payment_id, fresh_key(), ports)

    for _ in range(2):
        await confirm_let_go(payment.payment_id, ports, tombstone=False)

    after = await finished(ports, payment)
    assert after.reversal is Reversal.CONFIRMED
    assert after.version == payment.version + 3
    assert bank.reversed == set()
    assert await ports.steps.ages() == {}


async def test_what_nobody_asked_to_reverse_is_not_confirmed(ports, told):
    payment = await paid(manual(15_000), ports)

    await confirm_let_go(payment.payment_id, ports, tombstone=False)
    await confirm_let_go(ports.new_id(), ports, tombstone=True)

    assert await ports.store.payment(payment.payment_id) == payment


@pytest.mark.parametrize("is_captured", [False, True])
@pytest.mark.parametrize(
    ("late", "approved", "outcome"),
    [
        (True, True, Outcome.CONFIRMED),
        (False, True, Outcome.SUBMITTED),
        (False, False, Outcome.REJECTED),
        (True, False, Outcome.REJECTED),
    ],
)
async def test_the_bank_has_its_say_on_what_was_accepted_in_its_stead(
    ports, bank, told, late, approved, outcome, is_captured
):
    bank.late, bank.silent, bank.approved = late, not late, approved
    payment = await paid(manual(15_000), ports)
    assert payment.standin is StandIn.OPEN
    assert await ports.steps.exposure() == 15_000
    bank.late = bank.silent = False
    if is_captured:
        await capture(payment.payment_id, Cents(9_000), fresh_key(), ports)

    payment = await finished(ports, payment)
    await finished(ports)

    rejected = outcome is Outcome.REJECTED
    assert payment.standin is StandIn(outcome.value)
    assert await ports.steps.exposure() == 0
    assert await ports.steps.imbalance() == 0
    assert payment.status is state_of(rejected, is_captured)
    assert payment.is_confirmed_by_bank is not rejected
    assert (payment.payment_id in bank.holds) is not rejected
    paid_at_bank = {payment.decision.authorisation_id: 9_000}
    assert bank.captured == (paid_at_bank if is_captured and not rejected else {})
    assert await ports.steps.ages() == {}
    counted = told.counted(
        "payments.standin.reconciliations", standin_outcome=str(outcome)
    )
    assert counted == 1


def state_of(rejected: bool, is_captured: bool) -> Status:
    if is_captured:
        return Status.CAPTURED
    return Status.VOIDED if rejected else Status.AUTHORISED


async def test_what_was_rejected_is_voided_in_one_go(faked, bank, told):
    bank.silent = True
    payment = await paid(manual(15_000), faked)
    bank.silent, bank.approved = False, False
    kept, keep = [], faked.store.keep

    async def counted(happened, *rest):
        kept.append([type(each.event) for each in happened])
        await keep(happened, *rest)

    faked.store.keep = counted
    payment = await finished(faked, payment)

    assert kept == [[StandInReconciled, PaymentVoided]]
    assert (await events_of(payment, faked))[-1].reason is VoidReason.STANDIN_REJECTED
    assert payment.reversal is None


async def test_the_lessened_exposure_is_announced(faked, bank, told):
    bank.silent = True
    whole = await paid(manual(15_000), faked)
    part = await paid(manual(12_000), faked)
    await capture(part.payment_id, Cents(9_000), fresh_key(), faked)
    bank.silent = False

    await finished(faked)

    deltas = {
        event.data.payment_id: event.data.exposure_delta
        for event in faked.store.events
        if event.type == RECONCILED
    }
    assert deltas == {whole.payment_id: -15_000, part.payment_id: -9_000}
    assert sums(faked.store.booked) == 0


async def test_a_void_ends_what_the_bank_would_be_asked(ports, bank, told):
    bank.silent = True
    payment = await paid(manual(15_000), ports)
    await void(payment.payment_id, fresh_key(), ports)
    bank.silent = False

    payment = await finished(ports, payment)

    assert (payment.status, payment.standin) == (Status.VOIDED, None)
    assert payment.reversal is Reversal.CONFIRMED
    assert bank.reversed == {payment.payment_id}  # it never held anything
    assert bank.answers == {}
    assert await ports.steps.exposure() == 0
    assert await ports.steps.ages() == {}


async def test_a_void_lets_go_what_the_bank_heard_of_only_later(ports, bank, told):
    """Its breaker was open as the shop stood in for it: it was not asked once."""
    bank.hears = 0
    payment = await paid(manual(12_000), ports)
    bank.hears = None
    payment = await finished(ports, payment)
    assert (payment.decision.attempts, payment.standin) == (0, StandIn.SUBMITTED)
    assert bank.holds == {payment.payment_id}

    await void(payment.payment_id, fresh_key(), ports)
    payment = await finished(ports, payment)

    assert payment.reversal is Reversal.CONFIRMED
    assert bank.holds == set()


async def test_a_void_lets_go_what_one_who_died_had_asked_for(ports, bank, told):
    """Whoever took the order over found the breaker open, and never asked himself."""
    key, its_order = fresh_key(), manual(12_000)
    with pytest.raises(Died):
        await paid(its_order, replace(ports, bank=dies_asking(bank)), key)
    bank.hears = 0
    await holder_dies(ports)
    payment = await paid(its_order, ports, key)
    assert (payment.decision.attempts, payment.standin) == (0, StandIn.OPEN)
    assert bank.holds == {payment.payment_id}

    await void(payment.payment_id, fresh_key(), ports)
    bank.hears = None
    payment = await finished(ports, payment)

    assert payment.reversal is Reversal.CONFIRMED
    assert bank.holds == set()


async def test_a_void_while_the_bank_hears_of_it_lets_go_what_it_holds(
    ports, bank, told
):
    bank.hears = 0
    payment = await paid(manual(12_000), ports)
    bank.hears = None

    async def voided_meanwhile(payment, **_rest):
        answer = await bank.authorise(payment)
        await void(payment.payment_id, fresh_key(), ports)
        return answer

    meanwhile = Overheard(bank, voided_meanwhile)
    await finished(replace(ports, bank=meanwhile))
    assert bank.holds == {payment.payment_id}
    payment = await finished(ports, payment)

    assert (payment.status, payment.reversal) == (Status.VOIDED, Reversal.CONFIRMED)
    assert bank.holds == set()


class Overheard:
    """The bank, with something of the test's own around its question."""

    def __init__(self, bank, authorise):
        self._bank = bank
        self.authorise = authorise

    def __getattr__(self, name):
        return getattr(self._bank, name)


def dies_asking(bank):
    """The bank acts on what it is asked, and who asks dies before he hears of it."""

    async def authorise(payment):
        await bank.authorise(payment)
        raise Died

    return Overheard(bank, authorise)


@pytest.mark.parametrize("status", ["GREEN", "ORANGE"])
async def test_a_card_that_does_not_look_bad_loses_nothing(ports, told, status):
    payment = await paid(manual(15_000), ports)

    assert await void_flagged(payment.card.token, status, 2, ports) == 0
    assert await ports.store.payment(payment.payment_id) == payment


@pytest.mark.parametrize("checked", [True, False])
async def test_a_bad_card_loses_what_it_has_not_paid_yet(
    ports, bank, fraud, told, checked
):
    held = [await paid(manual(amount), ports) for amount in (100, 15_000)]
    taken = await paid(manual(15_000), ports)
    await capture(taken.payment_id, None, fresh_key(), ports)
    taken = await ports.store.payment(taken.payment_id)

    assert await void_flagged(taken.card.token, "RED", 4, ports) == 2
    fraud.screening = Screening("RED" if checked else None, checked=checked)
    for _ in range(2):
        await finished(ports)
    assert await void_flagged(taken.card.token, "RED", 5, ports) == 0

    after = [await ports.store.payment(each.payment_id) for each in held]
    assert {each.status for each in after} == {Status.VOIDED}
    assert [each.reversal for each in after] == [None, Reversal.CONFIRMED]
    assert await ports.store.payment(taken.payment_id) == taken
    assert bank.holds == {taken.payment_id}
    counted = told.counted("payments.movements", void_reason="fraud")
    assert counted == 2


async def test_a_card_that_looks_good_again_loses_nothing(ports, told):
    """The event may be heard late, as a dead letter that somebody replays."""
    payment = await paid(manual(15_000), ports)

    assert await void_flagged(payment.card.token, "RED", 4, ports) == 1
    payment = await finished(ports, payment)

    assert payment.status is Status.AUTHORISED


async def test_a_card_that_turns_bad_once_more_loses_what_it_has_not_paid(ports, told):
    payment = await paid(manual(15_000), ports)
    await void_flagged(payment.card.token, "RED", 4, ports)
    assert (await finished(ports, payment)).status is Status.AUTHORISED

    ports.fraud.screening = Screening("RED", checked=True)
    await void_flagged(payment.card.token, "RED", 5, ports)

    assert (await finished(ports, payment)).status is Status.VOIDED


async def test_a_step_that_was_stuck_ends_with_what_it_was_for(ports, bank, told):
    bank.silent = True
    payment = await paid(manual(15_000), ports)
    bank.silent = False

    async def refuses(*_):
        raise BankRefuses("validation-failed")

    finds, bank.find = bank.find, refuses
    await finished(ports)
    bank.find = finds
    assert [each.step for each in await stuck(ports)] == [Step.STANDIN]

    await void(payment.payment_id, fresh_key(), ports)

    assert await stuck(ports) == []


async def test_a_bad_card_takes_no_other_with_it(ports, told):
    payment = await paid(manual(15_000), ports)

    assert await void_flagged(ports.new_id(), "RED", 4, ports) == 0
    assert await ports.store.payment(payment.payment_id) == payment


async def test_what_is_never_captured_expires(ports, bank, clock, told):
    old = [await paid(manual(amount), ports) for amount in (100, 15_000)]
    taken = await paid(manual(15_000), ports)
    await capture(taken.payment_id, None, fresh_key(), ports)
    clock.passes(days=6, seconds=1)
    fresh = await paid(manual(15_000), ports)

    for _ in range(2):
        await expire(ports)
    await finished(ports)

    after = [await ports.store.payment(each.payment_id) for each in old]
    assert {each.status for each in after} == {Status.VOIDED}
    assert await ports.store.payment(fresh.payment_id) == fresh
    assert bank.holds == {taken.payment_id, fresh.payment_id}
    assert told.counted("payments.movements", void_reason="expired") == 2


async def test_a_step_that_was_done_is_done_again_to_no_effect(faked, bank, told):
    """Its process may die between the doing and the noting."""
    bank.silent = True
    delegated = await paid(automatic(12_000), faked)
    declined = await paid(automatic(25_000), faked)
    bank.silent = False
    await paid(automatic(), faked)
    voided = await paid(automatic(), faked)
    await void(voided.payment_id, fresh_key(), faked)
    for _ in range(3):
        await finish(faked)
    flagged = await paid(manual(), faked)
    await void_flagged(flagged.card.token, "RED", 4, faked)
    for _ in range(2):
        await finish(faked)
    assert delegated.payment_id in bank.holds
    assert declined.payment_id not in bank.holds

    def all_of_it():
        at_bank = dict(bank.answers), set(bank.reversed), dict(bank.captured)
        return dict(faked.store.histories), list(faked.store.booked), at_bank

    before = all_of_it()
    faked.store.sagas = dict.fromkeys(faked.store.sagas, "due")
    await finish(faked)

    assert set(faked.store.sagas.values()) == {"done"}
    assert {step for _, step in faked.store.sagas} == set(Step)
    assert all_of_it() == before


async def test_one_failing_step_holds_up_no_other(faked, bank, told):
    first, second = [await paid(automatic(), faked) for _ in range(2)]
    keep = faked.store.keep

    async def fails_for_the_first(happened, *rest):
        if happened[0].payment.payment_id == first.payment_id:
            raise RuntimeError("broken")
        await keep(happened, *rest)

    faked.store.keep = fails_for_the_first
    await finish(faked)

    assert (await finished(faked, second)).status is Status.CAPTURED
    assert faked.steps.errors[0] == "RuntimeError"


def test_a_failed_step_waits_longer_each_time_up_to_half_a_minute():
    waits = [retry_after(attempt).total_seconds() for attempt in range(1, 12)]

    assert waits == sorted(waits)
    assert waits[:3] == [2, 4, 8]
    assert waits[-1] == 30


async def test_what_is_behind_is_measured(ports, bank, told):
    bank.silent = True
    await paid(manual(15_000), ports)

    await watch(ports)
    await balance(ports)

    assert told.measured("payments.standin.exposure") == 15_000
    assert told.measured("payments.saga.due", saga_step="standin") == 1
    assert told.measured("payments.saga.due", saga_step="capture") == 0
    assert told.measured("payments.ledger.imbalance") == 0


async def test_a_capture_is_announced_once(faked, told):
    payment = await paid(automatic(), faked)
    for _ in range(3):
        await finished(faked)
    await refund(payment.payment_id, None, fresh_key(), faked)

    types = [event.type for event in faked.store.events]
    assert types.count(CAPTURED) == 1
