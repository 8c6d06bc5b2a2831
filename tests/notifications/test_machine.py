"""Whatever order jobs come in or are lost, and whoever dies at them: each merchant is told in the end,
and nobody is told again of what it took."""

import asyncio
from collections import Counter
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from apps.notifications.domain.notification import Answer, State, UnderWay
from apps.notifications.usecases import LEASE, deliver, retry

from .fakes import (
    OPEN,
    SCHEDULE,
    URL,
    Clock,
    FakeStore,
    authorised,
    delivered,
    envelope,
    hear,
    ports_of,
)

PAYMENTS = [UUID(int=each) for each in range(1, 4)]
TRIES = len(SCHEDULE.delays_s) + 1


class Died(BaseException):
    """The process is gone: nothing after this line happens."""


class Merchant:
    """Answers as the machine likes; its caller may die before it asks, or before it hears."""

    def __init__(self):
        self.says, self.dies = 204, None
        self.asked, self.took = Counter(), Counter()

    async def tell(self, delivery, at):
        says, dies = self.says, self.dies
        self.dies = None
        if dies == "before":
            raise Died
        self.asked[delivery.notification.id] += 1
        self.took[delivery.notification.id] += says == 204
        if dies == "after":
            raise Died
        return Answer(at, 0.1, says)


class Webhooks(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.store, self.merchant, self.clock = FakeStore(), Merchant(), Clock()
        self.ports = ports_of(self.store, self.merchant, self.clock)
        self.deaths = Counter()
        self.runner = asyncio.Runner()
        self.run(self.store.offer("M-01", URL))

    def run(self, work):
        return self.runner.run(work)

    def teardown(self):
        self.settle()
        self.runner.close()

    @rule(payments=st.lists(st.sampled_from(PAYMENTS), min_size=1, max_size=4))
    def payments_are_heard(self, payments):
        self.run(hear(self.ports, *(authorised(payment=each) for each in payments)))

    @rule(says=st.sampled_from([204, 204, 500, 302, 410]))
    def the_merchant_changes_its_mind(self, says):
        self.merchant.says = says

    @rule(seconds=st.sampled_from([1, 6, 9, 40]))
    def time_goes_by(self, seconds):
        self.clock.pass_by(seconds)

    @rule()
    def what_is_due_is_queued(self):
        self.run(retry(self.ports))

    @precondition(lambda self: self.store.jobs)
    @rule(data=st.data())
    def jobs_come_the_first_time_or_again(self, data):
        self.work(data.draw(self.some_jobs()))

    def some_jobs(self):
        return st.lists(st.sampled_from(self.store.jobs), min_size=1, max_size=4)

    @precondition(lambda self: self.store.jobs)
    @rule(data=st.data())
    def a_job_is_lost(self, data):
        self.store.jobs.remove(data.draw(st.sampled_from(self.store.jobs)))

    @precondition(lambda self: self.store.jobs)
    @rule(data=st.data(), dies=st.sampled_from(["before", "after"]))
    def a_worker_dies_at_one_of_them(self, data, dies):
        self.merchant.dies = dies
        self.work(data.draw(self.some_jobs()))
        self.merchant.dies = None

    def work(self, jobs):
        """In one batch; who dies at one of them dies at all."""
        batch = [delivered(envelope(each)) for each in jobs]
        try:
            self.run(deliver(batch, self.ports))
        except Died:
            self.deaths.update({each.notification_id for each in jobs})
        faults = [each.attempt.fault for each in batch if each.attempt.fault]
        assert {type(fault) for fault in faults} <= {UnderWay}

    def settle(self):
        """Nobody dies any more, and every job comes again until it is done."""
        for _ in range(TRIES + 1):
            self.clock.pass_by(LEASE.total_seconds() + 3600)
            self.run(retry(self.ports))
            if self.store.jobs:
                self.work(list(self.store.jobs))
        assert not [each for each in self.store.kept.values() if each.state in OPEN]
        self.nobody_is_told_too_often()

    @invariant()
    def nobody_is_told_too_often(self):
        for each in self.store.kept.values():
            asked, died = self.merchant.asked[each.id], self.deaths[each.id]
            assert each.attempt <= TRIES
            assert each.attempt <= asked <= each.attempt + died
            if each.state is State.DELIVERED:
                assert 1 <= self.merchant.took[each.id] <= 1 + died

    @invariant()
    def every_attempt_is_kept(self):
        for each in self.store.kept.values():
            made = [n for id, n in self.store.attempts if id == each.id]
            assert made == list(range(1, each.attempt + 1))

    @invariant()
    def an_event_is_one_notification(self):
        events = [each.event_id for each in self.store.kept.values()]
        assert len(events) == len(set(events))


TestWebhooks = Webhooks.TestCase
TestWebhooks.settings = settings(
    max_examples=200, stateful_step_count=30, deadline=None
)
