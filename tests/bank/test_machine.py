"""Whatever is asked of the bank, in whatever order and however often, its books balance."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.bank.domain.authorisations import Request
from apps.bank.domain.holds import HoldState
from apps.bank.idempotency import KeyReused
from apps.bank.ports import Ports
from apps.bank.usecases import (
    AboveAuthorised,
    InvalidState,
    UnknownRequest,
    authorise,
    capture,
    expire,
    reverse,
)
from apps.kit.values import Cents

from .conftest import TERMS, FakeClock
from .fakes import FakeBooks

OPENING = Cents(60_000)
"""So little that what a card has is soon held or gone."""

LENT = replace(TERMS, opening_balance=OPENING)
CARDS = [UUID(int=n) for n in (1, 2)]
ASKED = [
    Request(UUID(int=100 + n), "M-01", CARDS[n % 2], Cents(amount), "EUR")
    for n, amount in enumerate((10_000, 25_000, 40_000, 40_000, 40_000, 40_001))
]
requests = st.sampled_from(ASKED)
amounts = st.sampled_from([Cents(n) for n in (1, 10_000, 25_000, 40_000, 40_001)])


@dataclass
class Known:
    """What the model remembers of a request."""

    authorisation_id: UUID
    code: str
    state: str | None
    ends: datetime | None = None
    captured: int = 0
    is_reversed: bool = False
    is_asked: bool = True


@dataclass
class WatchedBooks(FakeBooks):
    """Remembers for which requests money was ever set aside."""

    holds_made: list[UUID] = field(default_factory=list)

    async def keep(self, change, entry, told=None):
        if change.authorisation.hold_state is HoldState.HELD:
            self.holds_made.append(change.authorisation.request_id)
        await super().keep(change, entry, told)


class Books(RuleBasedStateMachine):
    """The bank beside a model that knows nothing of how it works."""

    def __init__(self):
        super().__init__()
        self.clock = FakeClock()
        self.store = WatchedBooks()
        self.ports = Ports(self.store, LENT, new_id=uuid4, clock=self.clock)
        self.known: dict[UUID, Known] = {}

    def held_on(self, card):
        return sum(
            request.amount
            for request in ASKED
            if request.card_token == card
            and request.request_id in self.known
            and self.known[request.request_id].state == "held"
        )

    def captured_on(self, card):
        return sum(
            self.known[request.request_id].captured
            for request in ASKED
            if request.card_token == card and request.request_id in self.known
        )

    @rule(request=requests)
    def a_request_is_authorised(self, request):
        known = self.known.get(request.request_id)
        gone = self.captured_on(request.card_token) + self.held_on(request.card_token)

        answer = now(authorise(request, self.ports))

        if known is None:
            code = "00" if request.amount + gone <= OPENING else "51"
            code = "61" if request.amount > LENT.limit else code
            state = "held" if code == "00" else None
            ends = self.clock() + LENT.hold
            known = Known(answer.authorisation_id, code, state, ends)
            self.known[request.request_id] = known
        known.is_asked = True
        assert answer.authorisation_id == known.authorisation_id
        assert answer.code == known.code

    @rule(request=requests, amount=amounts)
    def an_id_is_used_for_something_else(self, request, amount):
        known = self.known.get(request.request_id)
        if known is None or not known.is_asked or amount == request.amount:
            return
        other = Request(
            request.request_id, "M-01", request.card_token, amount, request.currency
        )
        assert isinstance(refused(authorise(other, self.ports)), KeyReused)

    @rule(request=requests)
    def a_request_is_reversed(self, request):
        known = self.known.get(request.request_id)
        if known and known.state == "captured":
            told = refused(reverse(request.request_id, "void", self.ports))
            assert isinstance(told, InvalidState)
            return

        answer = now(reverse(request.request_id, "void", self.ports))

        if known is None:
            known = Known(answer.authorisation_id, "05", "tombstone", is_asked=False)
            self.known[request.request_id] = known
        known.is_reversed = True
        known.state = "reversed" if known.state == "held" else known.state
        assert answer.is_tombstone is (known.state == "tombstone")

    @rule(request=requests, amount=amounts)
    def a_hold_is_captured(self, request, amount):
        known = self.known.get(request.request_id)
        asking = capture(
            known.authorisation_id if known else uuid4(), amount, self.ports
        )
        if known is None:
            assert isinstance(refused(asking), UnknownRequest)
        elif known.state == "captured" and known.captured == amount:
            assert now(asking).hold.captured == amount
        elif known.state != "held" or self.clock() >= known.ends:
            assert isinstance(refused(asking), InvalidState)
        elif amount > request.amount:
            assert isinstance(refused(asking), AboveAuthorised)
        else:
            assert now(asking).hold.captured == amount
            known.state, known.captured = "captured", amount

    @rule(hours=st.sampled_from([1, 24, 100, 168]))
    def time_passes(self, hours):
        self.clock.now += timedelta(hours=hours)

    @rule()
    def what_is_overdue_expires(self):
        now(expire(self.ports))
        for known in self.known.values():
            if known.state == "held" and self.clock() >= known.ends:
                known.state = "expired"

    @invariant()
    def money_is_where_it_was_put(self):
        for (card, _), account in self.store.accounts.items():
            assert account.balance + self.captured_on(card) == OPENING
            assert account.held == self.held_on(card)
            assert 0 <= account.held <= account.balance

    @invariant()
    def every_request_stands_as_the_model_says(self):
        for request_id, known in self.known.items():
            standing = self.store.standing[request_id]
            assert standing.hold_state == known.state
            assert (standing.reversal is not None) is known.is_reversed
            assert (standing.request is not None) is known.is_asked
        assert self.store.standing.keys() == self.known.keys()

    @invariant()
    def a_request_holds_once_and_never_after_a_tombstone(self):
        assert len(self.store.holds_made) == len(set(self.store.holds_made))
        for request_id, standing in self.store.standing.items():
            if standing.hold_state is HoldState.TOMBSTONE:
                assert request_id not in self.store.holds_made

    @invariant()
    def every_reversal_is_announced_once(self):
        told = sorted(event.data.request_id for event in self.store.events)
        reversed_ = [key for key, known in self.known.items() if known.is_reversed]
        assert told == sorted(reversed_)


def now(asking):
    """The answer; nothing here waits, so that one step of the coroutine is all."""
    try:
        asking.send(None)
    except StopIteration as done:
        return done.value
    raise AssertionError("it waited")


def refused(asking):
    try:
        now(asking)
    except (KeyReused, InvalidState, AboveAuthorised, UnknownRequest) as problem:
        return problem
    raise AssertionError("it was answered")


def test_the_books_balance_whatever_is_asked(told):
    often = settings(max_examples=200, stateful_step_count=30, deadline=None)

    run_state_machine_as_test(Books, settings=often)
