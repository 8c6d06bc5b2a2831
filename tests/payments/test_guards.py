"""Between payments and a bank that may fail: retries, a breaker, a bulkhead, a deadline."""

import asyncio
from dataclasses import replace

import httpx
import pytest

from apps.kit import deadlines, http
from apps.kit.bulkheads import Bulkhead
from apps.kit.circuit import Policy
from apps.kit.credentials import IssuerAway
from apps.payments.clients import HttpBank, HttpFraud, watch
from apps.payments.domain.orders import UNCHECKED
from apps.payments.domain.payment import Reversal, StandIn, Status
from apps.payments.domain.rules import Mode, Source
from apps.payments.ports import BankRefuses, BankSilent
from apps.payments.usecases.finish import AT_BANK, finish, finish_at_bank
from tests.fakes import ids, order
from tests.kit.breaking import Clock
from tests.payments.domain.lives import CARD, RECEIVED, lived
from tests.payments.fakes import FakeSteps
from tests.payments.guards import guard_of_bank, guard_of_fraud
from tests.payments.paying import hurried, manual, paid

PAYMENT = lived([RECEIVED]).payment
POLICY = Policy(calls=4, open_s=5.0, probes=2)
HELD = {
    "authorisation_id": str(ids()),
    "approved": True,
    "network_code": "00",
    "hold_state": "held",
}


class There:
    """A bank over HTTP: says what is due, in order, and the last of it for ever."""

    def __init__(self, *says) -> None:
        self.says = list(says)
        self.asked: list[httpx.Request] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, Exception):
            raise said
        if isinstance(said, float):
            await asyncio.sleep(said)
            said = YES
        return httpx.Response(said.status_code, headers=said.headers, json=HELD)

    def port(self, **guard) -> HttpBank:
        inner = httpx.MockTransport(self)
        transport = http.TracedTransport("bank", inner, timeout_s=0.05)
        there = httpx.AsyncClient(transport=transport, base_url="http://bank")
        return HttpBank(there, guard_of_bank(policy=POLICY, **guard))


YES = httpx.Response(201)
BUSY = httpx.Response(503, headers={"retry-after": "1"})
GONE = httpx.ConnectError("refused")
RESET = httpx.RemoteProtocolError("reset in the middle of the answer")


@pytest.mark.parametrize("fault", [GONE, RESET, BUSY, 1.0], ids=str)
async def test_what_fails_is_asked_again_under_the_same_id_and_counted(told, fault):
    there = There(httpx.Response(500) if fault is BUSY else fault, YES)

    answer = await there.port().authorise(PAYMENT)

    assert (answer.approved, answer.attempts) == (True, 2)
    bodies = {request.content for request in there.asked}
    assert len(there.asked) == 2
    assert len(bodies) == 1  # the bank knows it by its id
    assert told.counted("retry.attempts", retry_outcome="again") == 1


async def test_it_is_asked_three_times_at_most(told):
    there = There(GONE)

    with pytest.raises(BankSilent) as silence:
        await there.port().authorise(PAYMENT)

    assert (silence.value.attempts, len(there.asked)) == (3, 3)


async def test_a_bank_that_asks_us_to_come_later_is_not_asked_sooner(told):
    there = There(BUSY)

    with pytest.raises(BankSilent) as silence, deadlines.within(0.5):
        await there.port().authorise(PAYMENT)

    assert (silence.value.attempts, len(there.asked)) == (1, 1)


async def test_what_the_bank_refuses_is_asked_once_and_opens_nothing(told):
    there = There(httpx.Response(422))
    port = there.port()

    for _ in range(10):
        with pytest.raises(BankRefuses):
            await port.authorise(PAYMENT)

    assert len(there.asked) == 10
    assert port.room is None


async def test_once_its_breaker_is_open_the_bank_is_not_asked_at_all(told):
    there, clock = There(GONE), Clock()
    port = there.port(clock=clock)
    for _ in range(2):
        with pytest.raises(BankSilent):
            await port.authorise(PAYMENT)
    asked = len(there.asked)

    with pytest.raises(BankSilent) as silence:
        await port.authorise(PAYMENT)

    assert len(there.asked) == asked == 4
    assert silence.value.why == "BreakerOpen"
    assert (silence.value.attempts, silence.value.was_asked) == (0, False)
    assert port.room == 0


async def test_no_order_finds_out_whether_the_bank_is_back(told):
    there, clock = There(GONE), Clock()
    port = there.port(clock=clock)
    for _ in range(2):
        with pytest.raises(BankSilent):
            await port.authorise(PAYMENT)
    asked = len(there.asked)
    clock.now += POLICY.open_s

    with pytest.raises(BankSilent) as silence:
        await port.authorise(PAYMENT)

    assert (silence.value.why, silence.value.was_asked) == ("BreakerOpen", False)
    assert len(there.asked) == asked
    assert port.room == 1  # whoever works for nobody that waits may


async def test_a_breaker_that_opens_between_two_attempts_leaves_the_first_counted(told):
    """It may hold the amount: whoever stands in for it asks, or has it let go, later."""
    there = There(GONE, GONE, GONE, 1.0)
    port = there.port(clock=Clock(), credit=9.0)
    with pytest.raises(BankSilent):
        await port.authorise(PAYMENT)

    with pytest.raises(BankSilent) as silence:
        await port.authorise(PAYMENT)

    assert (silence.value.why, silence.value.attempts) == ("BreakerOpen", 1)
    assert not silence.value.timed_out  # there is time to stand in for it


async def test_a_callers_short_deadline_says_nothing_about_the_bank(told):
    """Else whoever has no time would shut the bank for all who have."""
    there = There(0.03)
    port = there.port(least_s=0.001)

    for _ in range(10):
        with pytest.raises(BankSilent) as silence, deadlines.within(0.01):
            await port.authorise(PAYMENT)

    assert silence.value.timed_out
    assert port.room is None


async def test_without_a_token_the_bank_was_not_asked_and_is_not_to_blame(told):
    there = There(IssuerAway("no token"))
    port = there.port()

    for _ in range(10):
        with pytest.raises(BankSilent) as silence:
            await port.authorise(PAYMENT)

    assert port.room is None
    assert len(there.asked) == 10  # once each: no token comes so soon
    assert (silence.value.why, silence.value.attempts) == ("IssuerAway", 0)
    assert not silence.value.was_asked
    assert told.counted("retry.attempts", retry_outcome="again") == 0


async def test_a_bank_that_asks_for_a_year_is_not_waited_for(told):
    there = There(httpx.Response(503, headers={"retry-after": "31536000"}))

    async with asyncio.timeout(2.0):
        with pytest.raises(BankSilent):
            await there.port().authorise(PAYMENT)

    assert len(there.asked) == 1


async def test_a_step_at_the_bank_has_no_more_time_than_an_order(faked, bank, told):
    """Nobody waits for it but the steps behind it."""
    bank.silent = True
    await paid(manual(12_000), faked)
    bank.silent, left = False, []
    authorise = bank.authorise

    async def timed(payment, **rest):
        left.append(deadlines.left_s())
        return await authorise(payment, **rest)

    bank.authorise = timed
    await finish(faked, AT_BANK)

    assert left[0] is not None
    assert left[0] <= faked.waits.bank_s


class Hangs(httpx.Auth):
    """A token that never comes."""

    async def async_auth_flow(self, request):
        await asyncio.Event().wait()
        yield request


@pytest.mark.parametrize("ask", ["authorise", "find"])
async def test_an_attempt_includes_the_wait_for_a_token(told, ask):
    there = There(YES)
    port = there.port(attempts=1, attempt_s=0.02)
    port._http.auth = Hangs()
    asking = {
        "authorise": lambda: port.authorise(PAYMENT),
        "find": lambda: port.find(PAYMENT.payment_id),
    }

    async with asyncio.timeout(2.0):
        with pytest.raises(BankSilent) as silence:
            await asking[ask]()

    assert silence.value.why == "ReadTimeout"
    assert there.asked == []


async def test_who_waits_for_a_token_or_a_place_lets_the_card_go_unchecked(told):
    """All of it is of the time that fraud has."""
    there = There(0.05)
    inner = http.TracedTransport("fraud", httpx.MockTransport(there), timeout_s=0.05)
    client = httpx.AsyncClient(transport=inner, base_url="http://fraud", auth=Hangs())
    port = HttpFraud(client, replace(guard_of_fraud(), attempt_s=0.02))

    async with asyncio.timeout(2.0):
        assert await port.screen(CARD.token) == UNCHECKED

    assert there.asked == []
    silent = told.event("fraud.silent")["fraud.silence"]
    assert silent in {"ReadTimeout", "TimeoutError"}


async def test_a_place_at_fraud_is_waited_for_in_the_time_that_fraud_has(told):
    guard = replace(
        guard_of_fraud(), attempt_s=0.01, bulkhead=Bulkhead("fraud", 1, wait_s=9.0)
    )
    client = httpx.AsyncClient(
        transport=httpx.MockTransport(There(YES)), base_url="http://fraud"
    )

    async with asyncio.timeout(2.0), guard.bulkhead.place():
        assert await HttpFraud(client, guard).screen(CARD.token) == UNCHECKED

    assert told.event("fraud.silent")["fraud.silence"] == "TimeoutError"


async def test_without_a_token_fraud_was_not_asked_and_no_line_is_written(told):
    there = There(IssuerAway("no token"))
    client = httpx.AsyncClient(
        transport=httpx.MockTransport(there), base_url="http://fraud"
    )
    guard = guard_of_fraud()

    for _ in range(30):
        assert await HttpFraud(client, guard).screen(CARD.token) == UNCHECKED

    assert guard.breaker.room is None
    assert told.events("fraud.silent") == []


async def test_who_finds_no_place_at_the_bank_is_told_before_long(told):
    there = There(0.04)
    port = there.port(places=1)
    first = asyncio.ensure_future(port.authorise(PAYMENT))
    await asyncio.sleep(0.01)

    answers = await asyncio.gather(
        *(port.authorise(PAYMENT) for _ in range(20)), return_exceptions=True
    )

    assert (await first).approved
    whys = {each.why for each in answers if isinstance(each, BankSilent)}
    assert whys <= {"BulkheadFull", "BreakerOpen"}
    assert whys


async def test_a_hanging_bank_opens_its_breaker_by_its_full_bulkhead(told):
    """Long before twenty calls have timed out."""
    there = There(0.04)
    port = there.port(places=10)

    answers = await asyncio.gather(
        *(port.authorise(PAYMENT) for _ in range(40)), return_exceptions=True
    )

    assert len(there.asked) == 9
    assert sum(isinstance(each, BankSilent) for each in answers) == 31
    assert told.events("breaker.changed")[0]["breaker.why"] == "bulkhead"


async def test_fraud_that_is_down_is_soon_not_asked_and_every_card_goes_unchecked(told):
    there = There(GONE)
    inner = http.TracedTransport("fraud", httpx.MockTransport(there), timeout_s=0.05)
    port = HttpFraud(
        httpx.AsyncClient(transport=inner, base_url="http://fraud"), guard_of_fraud()
    )

    screenings = [await port.screen(CARD.token) for _ in range(50)]

    assert set(screenings) == {UNCHECKED}
    assert len(there.asked) == 20
    assert len(told.events("fraud.silent")) == 20


@pytest.fixture
def clock_of_breaker():
    return Clock()


class Downtown:
    """A bank that can be shut, and holds what it is asked to."""

    def __init__(self) -> None:
        self.is_shut = False
        self.asked = 0
        self.holds: dict[str, str] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.is_shut:
            raise GONE
        if request.url.path == "/reversals":
            return httpx.Response(201, json={"tombstone": True})
        if request.method == "GET":
            wanted = request.url.params["request_id"]
            if wanted not in self.holds:
                return httpx.Response(404, json={"code": "not-found"})
            return httpx.Response(200, json=HELD)
        self.holds[str(ids())] = "held"
        return httpx.Response(201, json=HELD | {"authorisation_id": str(ids())})


@pytest.fixture
def downtown():
    return Downtown()


@pytest.fixture
def house(faked, downtown, clock_of_breaker):
    """Payments as it is wired, at a bank over HTTP."""
    transport = http.TracedTransport("bank", httpx.MockTransport(downtown), 0.05)
    there = httpx.AsyncClient(transport=transport, base_url="http://bank")
    guard = guard_of_bank(policy=POLICY, clock=clock_of_breaker)
    return replace(faked, bank=HttpBank(there, guard))


async def test_a_bank_that_is_down_is_stood_in_for_at_once_and_asked_once_it_is_back(
    house, downtown, clock_of_breaker, told
):
    """Nothing is asked while the breaker is open; once it closes, nothing is exposed."""
    downtown.is_shut = True
    payments = [await paid(manual(12_000 + n), house) for n in range(2)]
    large = await paid(order(30_000), house)
    asked = downtown.asked
    assert house.bank.room == 0

    for _ in range(5):
        assert await finish_at_bank(house) == 0
    assert downtown.asked == asked
    assert large.status is Status.DECLINED
    assert await house.steps.exposure() == 24_001

    downtown.is_shut = False
    clock_of_breaker.now += 5.0
    for _ in range(4):
        await finish_at_bank(house)

    assert await house.steps.exposure() == 0
    assert house.bank.room is None
    for before in payments:
        after = await house.store.payment(before.payment_id)
        assert (before.standin, after.standin) == (StandIn.OPEN, StandIn.SUBMITTED)
    gone = await house.store.payment(large.payment_id)
    assert gone.reversal is Reversal.CONFIRMED


async def test_the_attempts_of_a_decision_are_those_that_were_made(
    house, downtown, told
):
    downtown.is_shut = True

    first, second = [await paid(order(12_000), house) for _ in range(2)]
    third = await paid(order(30_000), house)

    assert first.decision.mode is Mode.FALLBACK
    assert first.decision.source is Source.DELEGATION
    assert (first.decision.attempts, second.decision.attempts) == (3, 1)
    assert third.decision.attempts == 0


async def test_while_it_probes_no_more_steps_are_claimed_than_may_be_tried(
    house, downtown, clock_of_breaker, told
):
    downtown.is_shut = True
    for _ in range(3):
        await paid(manual(12_000), house)
    clock_of_breaker.now += 5.0

    tried = await finish(house, AT_BANK)

    assert tried == 1
    assert house.bank.room == 0
    assert sum(house.steps.tried.values()) == 1


async def test_with_nothing_to_do_the_bank_is_knocked_at_until_it_is_back(
    house, downtown, clock_of_breaker, told
):
    downtown.is_shut = True
    for _ in range(3):
        await paid(order(30_000), house)
    house.store.sagas.clear()
    clock_of_breaker.now += 5.0

    await finish_at_bank(house)
    still = house.bank.room
    downtown.is_shut = False
    clock_of_breaker.now += 10.0
    await finish_at_bank(house)

    assert (still, house.bank.room) == (0, None)
    answered = await paid(order(30_000), house)
    assert answered.decision.source is Source.BANK


async def test_without_a_token_the_bank_is_knocked_at_once_a_time(
    house, downtown, clock_of_breaker, told, monkeypatch
):
    downtown.is_shut = True
    for _ in range(3):
        await paid(order(30_000), house)
    house.store.sagas.clear()
    clock_of_breaker.now += 5.0
    knocks = []

    async def no_token(request):
        knocks.append(request)
        raise IssuerAway("no token")

    monkeypatch.setattr(Downtown, "__call__", lambda _self, r: no_token(r))
    await finish_at_bank(house)

    assert len(knocks) == 1


async def test_a_stand_in_is_submitted_by_a_step_that_probes(
    house, downtown, clock_of_breaker, told
):
    """A bank that answers questions and takes no orders is not back."""
    downtown.is_shut = True
    payments = [await paid(manual(12_000), house) for _ in range(2)]
    assert house.bank.room == 0
    downtown.is_shut = False
    clock_of_breaker.now += 5.0

    await finish_at_bank(house)

    after = [await house.store.payment(each.payment_id) for each in payments]
    assert StandIn.SUBMITTED in {each.standin for each in after}
    assert house.bank.room is None


async def test_a_step_that_a_breaker_kept_back_has_not_been_tried(faked, bank, told):
    bank.silent = True
    await paid(manual(12_000), faked)
    bank.silent, bank.hears = False, None
    find = bank.find

    async def opens(payment_id):
        bank.find = find
        raise BankSilent("BreakerOpen", was_asked=False, attempts=0)

    bank.find = opens
    await finish(faked, AT_BANK)

    assert set(faked.steps.tried.values()) == {0}
    assert told.counted("payments.saga.steps", saga_outcome="postponed") >= 1
    assert told.counted("payments.saga.steps", saga_outcome="failed") == 0
    assert told.events("saga.step_failed") == []


async def test_that_the_bank_is_back_is_told_once(faked, bank, told):
    bank.back = True

    await finish_at_bank(faked)
    await finish_at_bank(faked)

    assert len(told.events("bank.back")) == 1


async def test_that_the_bank_is_back_is_not_lost_where_the_database_is_away(
    faked, bank, told
):
    bank.back, asked = True, []

    class Away(FakeSteps):
        async def hasten(self, steps):
            asked.append(steps)
            if len(asked) == 1:
                raise OSError("away")
            return await super().hasten(steps)

    house = replace(faked, steps=Away(faked.store))
    with pytest.raises(OSError, match="away"):
        await finish_at_bank(house)
    assert told.events("bank.back") == []

    await finish_at_bank(house)
    await finish_at_bank(house)

    assert len(asked) == 2
    assert len(told.events("bank.back")) == 1


async def test_a_short_deadline_with_an_open_breaker_is_an_answer_not_a_wait(
    house, downtown, told
):
    downtown.is_shut = True
    for _ in range(2):
        await paid(order(12_000), house)

    answer = await hurried(order(12_000), "k" * 20, house, 0.5)

    assert answer.status == 201
    assert b'"processing_mode":"FALLBACK"' in answer.body


async def test_the_gauges_say_how_breakers_and_bulkheads_stand(told):
    await watch(guard_of_bank(), guard_of_fraud())

    for name in ("bank", "fraud"):
        assert told.measured("breaker.state", breaker_name=name) == 0
        assert told.measured("bulkhead.in_use", bulkhead_name=name) == 0
