"""Whatever happens to orders, banks and processes, in whatever order: what always holds."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from apps.kit import errors
from apps.kit.errors import Problem
from apps.kit.ops import Breakers
from apps.kit.values import Cents
from apps.payments.app.movements import render_movement
from apps.payments.app.orders import render
from apps.payments.domain.booking import Account, Kind, merchant_payable
from apps.payments.domain.changes import AuthorisationRequested
from apps.payments.domain.life import fold
from apps.payments.domain.orders import UNCHECKED, CaptureMethod, Order, Screening
from apps.payments.domain.payment import Reversal, StandIn, Status
from apps.payments.domain.rules import Source
from apps.payments.domain.settlement import Batch
from apps.payments.idempotency import InFlight, KeyReused
from apps.payments.ports import Ports
from apps.payments.usecases.again import Changed
from apps.payments.usecases.finish import finish
from apps.payments.usecases.heed import confirm_let_go, void_flagged
from apps.payments.usecases.move import capture, refund, void
from apps.payments.usecases.pay import pay
from apps.payments.usecases.recover import expire
from apps.payments.usecases.settle import settle
from tests.fakes import PAN, ids, order
from tests.payments.conftest import VAULT, WAITS
from tests.payments.fakes import (
    LIMITS,
    Clock,
    Died,
    FakeBank,
    FakeFraud,
    FakePayments,
    FakeSteps,
    Fuse,
    Mortal,
    sums,
)
from tests.payments.paying import hurried, recovered


@pytest.fixture(autouse=True)
def _quietly(told):
    """What is told goes where tests can read it, not on the screen."""


MANY = settings(
    max_examples=200,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
LIVE = {
    Status.AUTHORISED,
    Status.CAPTURED,
    Status.SETTLED,
    Status.PARTIALLY_REFUNDED,
    Status.REFUNDED,
}
AMOUNTS = st.sampled_from([100, 10_000, 12_000, 19_999, 20_000, 30_000])
KEYS = [f"order-{n}:first-try" for n in range(4)]


class House(RuleBasedStateMachine):
    """The service in front of a bank, and a clock; processes of it may die."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store, self.bank, self.fraud = FakePayments(), FakeBank(), FakeFraud()
        self.steps, self.clock, self.fuse = FakeSteps(self.store), Clock(), Fuse()
        self.ports = Ports(
            Mortal(self.store, self.fuse),
            Mortal(self.steps, self.fuse),
            Mortal(self.bank, self.fuse),
            self.fraud,
            LIMITS,
            WAITS,
            clock=self.clock,
            new_id=ids,
            fingerprint=VAULT.fingerprint,
            render=render,
            render_movement=render_movement,
            render_problem=errors.body_of,
            breakers=Breakers(audit=self.steps.note),
        )

    def teardown(self) -> None:
        self.runner.close()

    def does(self, work: Coroutine):
        """What came of it; None if the process died at it."""
        try:
            return self.runner.run(work)
        except Died:
            return None
        except BaseExceptionGroup as several:
            _, others = several.split(Died)
            if others:
                raise others from None
            return None


class Keys(House):
    """Orders under few keys: each key is one order, and has one answer for ever."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, int] = {}
        """What was first asked under each key, once that was kept."""
        self.answers: dict[str, bytes] = {}
        """What was answered, as the caller saw it."""

    def asks(self, key: str, amount: int) -> None:
        kept = len(self.store.histories)
        try:
            answer = self.does(pay(order(amount), key, self.ports))
        except KeyReused:
            assert self.first[key] != amount
            return
        except (InFlight, Changed):
            assert self.first[key] == amount
            return
        finally:
            if len(self.store.histories) > kept:
                assert self.first.setdefault(key, amount) == amount
        if answer is not None:
            assert self.first[key] == amount
            assert self.answers.setdefault(key, answer.body) == answer.body

    @rule(key=st.sampled_from(KEYS), amount=AMOUNTS)
    def an_order_comes(self, key, amount):
        self.asks(key, amount)

    @rule(key=st.sampled_from(KEYS))
    def an_order_comes_again(self, key):
        self.asks(key, self.first.get(key, 15_000))

    @rule(key=st.sampled_from(KEYS), amount=AMOUNTS, length=st.integers(0, 14))
    def its_process_dies(self, key, amount, length):
        self.fuse.length = length
        self.asks(key, self.first.get(key, amount))
        self.fuse.length = None

    @rule(key=st.sampled_from(KEYS), amount=st.sampled_from([12_000, 30_000]))
    def its_holder_is_slow_and_overtaken(self, key, amount):
        """While the bank thinks, the lease runs out, and a second process takes over."""
        authorise = self.bank.authorise
        amount = self.first.get(key, amount)

        async def thinks(payment, **rest):
            self.bank.authorise = authorise
            self.store.holder_dies()
            second = await pay(order(amount), key, self.ports)
            assert self.answers.setdefault(key, second.body) == second.body
            return await authorise(payment, **rest)

        self.bank.authorise = thinks
        self.first.setdefault(key, amount)
        self.asks(key, amount)
        self.bank.authorise = authorise

    @rule()
    def leases_run_out(self):
        self.store.holder_dies()

    @rule(silent=st.booleans(), late=st.booleans(), approved=st.booleans())
    def the_bank_changes(self, silent, late, approved):
        self.bank.silent, self.bank.late, self.bank.approved = silent, late, approved

    @invariant()
    def a_key_is_one_payment_at_most(self):
        claimed = [found.payment_id for found in self.store.claims.values()]
        assert len(claimed) == len(set(claimed)) == len(self.store.histories)
        assert set(claimed) == set(self.store.histories)
        assert len(self.store.histories) <= len(self.first)

    @invariant()
    def a_payment_is_asked_for_under_its_own_id_only(self):
        assert set(self.bank.asked) <= set(self.store.histories)
        for payment_id, history in self.store.histories.items():
            asked = [
                each.event
                for each in history
                if isinstance(each.event, AuthorisationRequested)
            ]
            assert {each.request_id for each in asked} <= {payment_id}
            attempts = [each.attempt for each in asked]
            assert attempts == list(range(1, len(asked) + 1))

    @invariant()
    def what_is_kept_is_what_was_answered(self):
        kept = {found.body for found in self.store.claims.values() if found.body}
        assert set(self.answers.values()) <= kept

    def teardown(self) -> None:
        """Each order gets its answer in the end, whoever died over it."""
        self.bank.silent = self.bank.late = False
        for key, amount in self.first.items():
            self.store.holder_dies()
            self.asks(key, amount)
            if key not in self.answers:
                self.asks(key, amount)
            assert key in self.answers or not self.store.histories
        super().teardown()


class Sagas(House):
    """Banks fall silent and processes die at any step; in the end all is in order."""

    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, Order] = {}
        self.answers: dict[str, bytes] = {}

    def hears(self, key: str, work: Coroutine) -> None:
        """Whoever hears an answer hears it again."""
        try:
            answer = self.does(work)
        except Problem:
            return
        if answer is not None:
            assert self.answers.setdefault(key, answer.body) == answer.body

    @rule(
        target=payments,
        amount=AMOUNTS,
        how=st.sampled_from(CaptureMethod),
        within_s=st.sampled_from([None, None, 0.05, 1.0]),
        length=st.none() | st.integers(0, 14),
    )
    def an_order_comes(self, amount, how, within_s, length):
        self.fuse.length = length
        asked = replace(order(amount), capture=how)
        return self.orders_one(asked, within_s=within_s)

    @rule(target=payments, amount=st.sampled_from([12_000, 30_000]))
    def a_process_dies_of_the_banks_answer(self, amount):
        self.fraud.screening = UNCHECKED
        authorise = self.bank.authorise

        async def kills(payment, **rest):
            await authorise(payment, **rest)
            raise Died

        self.bank.authorise = kills
        made = self.orders_one(order(amount))
        self.bank.authorise = authorise
        return made

    def orders_one(self, asked, *, within_s=None):
        key, before = f"order-{len(self.orders)}:try", set(self.store.histories)
        self.orders[key] = asked
        if within_s is None:
            self.hears(key, pay(asked, key, self.ports))
        else:
            self.hears(key, hurried(asked, key, self.ports, within_s))
        self.fuse.length = None
        return multiple(*sorted(set(self.store.histories) - before))

    @rule(data=st.data())
    def an_order_comes_again(self, data):
        if self.orders:
            key = data.draw(st.sampled_from(sorted(self.orders)))
            self.hears(key, pay(self.orders[key], key, self.ports))

    @rule(red=st.booleans())
    def whoever_heard_nothing_asks_again(self, red):
        """Some time has passed, and what was thought of the card may have changed."""
        self.store.holder_dies()
        if red:
            self.fraud.screening = Screening("RED", checked=True)
        for key in sorted(self.orders.keys() - self.answers.keys()):
            self.hears(key, pay(self.orders[key], key, self.ports))

    @rule(
        payment_id=payments,
        share=st.sampled_from([1.0, 0.5, 0.1]),
    )
    def a_merchant_takes_it_and_gives_some_back(self, payment_id, share):
        amount = int(self.store.rows[payment_id].amount * share)
        key = f"take {payment_id}"
        self.hears(key, capture(payment_id, None, key, self.ports))
        key = f"give {payment_id} {share}"
        self.hears(key, refund(payment_id, Cents(amount), key, self.ports))

    @rule(
        payment_id=payments,
        move=st.sampled_from(["capture", "refund", "void"]),
        amount=st.none() | st.integers(1, 31_000),
        length=st.none() | st.integers(0, 6),
    )
    def a_merchant_moves_it(self, payment_id, move, amount, length):
        cents = None if amount is None else Cents(amount)
        work = {
            "capture": partial(capture, payment_id, cents),
            "refund": partial(refund, payment_id, cents),
            "void": partial(void, payment_id),
        }[move]
        self.fuse.length = length
        for _ in range(2):
            key = f"{move} {payment_id} {amount}"
            self.hears(key, work(key, self.ports))
            self.fuse.length = None

    @rule(length=st.none() | st.integers(0, 30))
    def steps_are_tried(self, length):
        self.fuse.length = length
        self.does(finish(self.ports))
        self.fuse.length = None

    @rule(length=st.none() | st.integers(0, 20))
    def what_was_left_is_decided(self, length):
        self.clock.passes(seconds=31)
        self.store.holder_dies()
        self.fuse.length = length
        self.does(recovered(self.ports))
        self.fuse.length = None

    @rule(length=st.none() | st.integers(0, 8))
    def merchants_are_paid(self, length):
        self.fuse.length = length
        self.does(settle(self.ports))
        self.fuse.length = None

    @rule(hours=st.sampled_from([1, 25, 73]))
    def days_pass(self, hours):
        self.clock.passes(hours=hours)
        self.does(expire(self.ports))

    @rule(silent=st.booleans(), late=st.booleans(), approved=st.booleans())
    def the_bank_changes(self, silent, late, approved):
        self.bank.silent, self.bank.late, self.bank.approved = silent, late, approved

    @rule(length=st.none() | st.integers(0, 8))
    def a_card_turns_red(self, length):
        self.fraud.screening = Screening("RED", checked=True)
        card = self.store.known.get(PAN.digits)
        if card:
            self.fuse.length = length
            self.does(void_flagged(card.token, "RED", 4, self.ports))
            self.fuse.length = None

    @rule(screening=st.sampled_from([UNCHECKED, Screening("GREEN", checked=True)]))
    def it_cools_down(self, screening):
        self.fraud.screening = screening

    @rule(
        target=payments,
        amount=st.sampled_from([12_000, 19_999]),
        late=st.booleans(),
        how=st.sampled_from(CaptureMethod),
    )
    def an_order_comes_while_the_bank_is_away(self, amount, late, how):
        self.fraud.screening = UNCHECKED
        self.bank.silent, self.bank.late = not late, late
        made = self.orders_one(replace(order(amount), capture=how))
        self.bank.silent = self.bank.late = False
        return made

    @rule(payment_id=consumes(payments))
    def a_reversal_is_heard_of(self, payment_id):
        if payment_id in self.bank.reversed:
            self.does(confirm_let_go(payment_id, self.ports, tombstone=False))

    @invariant()
    def what_is_kept_is_the_fold_of_what_happened(self):
        for payment_id, payment in self.store.rows.items():
            history = self.store.histories[payment_id]
            assert payment.version == len(history)
            assert 0 <= payment.refunded <= payment.captured <= payment.amount

    @invariant()
    def the_caps_hold(self):
        standins = [row for row in self.store.rows.values() if row.standin]
        assert sum(row.amount for row in standins) <= LIMITS.exposure

    def teardown(self) -> None:
        self.heals()
        self.all_is_decided()
        self.the_bank_holds_what_lives_and_nothing_else()
        self.the_books_are_in_order()
        self.whoever_heard_an_answer_hears_it_again()
        self.what_was_done_is_not_done_twice()
        super().teardown()

    def heals(self) -> None:
        """The bank speaks, nobody dies any more, and time goes on until nothing is due."""
        self.bank.silent = self.bank.late = False
        self.fuse.length = None
        for _ in range(12):
            self.clock.passes(seconds=31)
            self.store.holder_dies()
            self.does(recovered(self.ports))
            self.does(finish(self.ports))
            if self.is_at_rest():
                break
        assert self.is_at_rest()
        self.does(settle(self.ports))

    def is_at_rest(self) -> bool:
        undecided = {Status.RECEIVED, Status.PENDING}
        is_decided = all(row.status not in undecided for row in self.rows)
        return is_decided and set(self.store.sagas.values()) <= {"done"}

    @property
    def rows(self):
        return list(self.store.rows.values())

    def all_is_decided(self) -> None:
        for payment in self.rows:
            history = self.store.histories[payment.payment_id]
            assert fold(history) == payment
            assert payment.decision is not None
            assert payment.standin is not StandIn.OPEN
            assert payment.reversal is not Reversal.REQUESTED
            if payment.capture is CaptureMethod.AUTOMATIC:
                assert payment.status is not Status.AUTHORISED

    def the_bank_holds_what_lives_and_nothing_else(self) -> None:
        live = {row.payment_id for row in self.rows if row.status in LIVE}
        confirmed = {
            row.payment_id
            for row in self.rows
            if row.status in LIVE and row.is_confirmed_by_bank
        }
        assert confirmed == self.bank.holds <= live
        for payment in self.rows:
            known = payment.decision.authorisation_id
            if payment.captured and known:
                assert self.bank.captured[known] == payment.captured
            if payment.status in LIVE and known is None:
                lost = payment.standin is StandIn.REJECTED
                assert lost or payment.decision.source is Source.FLOOR_LIMIT

    def the_books_are_in_order(self) -> None:
        booked = self.store.booked
        transfers = [each.transfer_id for each in booked]
        resolved = [each.pending_id for each in booked if each.pending_id]
        assert len(set(transfers)) == len(transfers)
        assert len(set(resolved)) == len(resolved)
        assert sums(booked) == 0
        open_ = {
            each.subject_id
            for each in booked
            if each.kind is Kind.PENDING and each.transfer_id not in resolved
        }
        held = {row.payment_id for row in self.rows if row.status is Status.AUTHORISED}
        assert open_ == held
        balances: dict[str, int] = {}
        for each in booked:
            for entry in each.entries if each.kind is not Kind.PENDING else ():
                balance = balances.get(entry.account, 0) + entry.amount
                balances[entry.account] = balance
        assert balances.get(Account.STANDIN_EXPOSURE, 0) == 0
        left = self.left()
        assert not left.is_payable
        assert balances.get(Account.SCHEME_RECEIVABLE, 0) == left.collected
        assert balances.get(merchant_payable("M-01"), 0) == -left.net
        paid = {debt.payment_id for batch in self.store.batches for debt in batch.debts}
        waiting = {debt.payment_id for debt in left.debts}
        assert paid == {row.payment_id for row in self.rows if row.is_settled}
        assert paid | waiting == {row.payment_id for row in self.rows if row.captured}

    def left(self) -> Batch:
        """What is not settled: the captures do not cover what the merchant owes."""
        whose = (ids(), "M-01", "EUR")
        return self.does(self.ports.steps.unsettled(*whose, len(self.rows)))

    def whoever_heard_an_answer_hears_it_again(self) -> None:
        before = dict(self.store.histories)
        for key in self.answers.keys() & self.orders.keys():
            self.hears(key, pay(self.orders[key], key, self.ports))
        assert self.store.histories == before
        assert len(before) <= len(self.orders)

    def what_was_done_is_not_done_twice(self) -> None:
        """What was thought of a card when its payment was spared may no longer be."""
        self.fraud.screening = Screening("GREEN", checked=True)
        before = dict(self.store.histories), dict(self.bank.captured), self.bank.holds
        self.store.sagas = dict.fromkeys(self.store.sagas, "due")
        self.does(finish(self.ports))
        assert set(self.store.sagas.values()) <= {"done"}
        after = dict(self.store.histories), dict(self.bank.captured), self.bank.holds
        assert after == before


TestKeys, TestSagas = Keys.TestCase, Sagas.TestCase
TestKeys.settings = TestSagas.settings = MANY
