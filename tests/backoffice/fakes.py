"""The back office's database and stream, as a few dictionaries and a list."""

from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from itertools import count

from apps.backoffice.domain.changes import Flag
from apps.backoffice.domain.dashboards import StandIn
from apps.backoffice.domain.projections import (
    Extent,
    Filling,
    Offset,
    Projection,
    Standing,
    Stretch,
)
from apps.backoffice.domain.sums import Balance, Purse, Tally
from apps.backoffice.ports import Ports, Unheard
from apps.kit.dlq import DeadLetter
from apps.kit.values import Cents
from tests.backoffice.histories import NOW


@dataclass
class FakeStore:
    """Each table by generation; which generation serves, and which is being made."""

    numbers: count = field(default_factory=lambda: count(1))
    serving: dict = field(default_factory=dict)
    filling: dict = field(default_factory=dict)
    tables: dict = field(default_factory=lambda: defaultdict(dict))
    counted: set = field(default_factory=set)
    is_held: bool = False

    def __post_init__(self):
        for projection in Projection:
            self.serving[projection] = Offset(next(self.numbers), 0, 0, None, None)

    @asynccontextmanager
    async def transaction(self):
        yield

    # what events are projected into

    async def views(self, generation, ids):
        return {
            key: view for key, view in self.tables[generation].items() if key in ids
        }

    async def keep_views(self, generation, views):
        self.tables[generation] |= {view.payment_id: view for view in views}

    async def first_heard(self, generations, ids):
        first = {(number, key) for number in generations for key in ids} - self.counted
        self.counted |= first
        return first

    async def add_days(self, generation, tallies):
        self._add(generation, tallies, Tally())

    async def add_balances(self, generation, balances):
        self._add(generation, balances, Balance())

    async def keep_flags(self, generation, flags):
        kept: dict[object, Flag] = self.tables[generation]
        for flag in flags:
            known = kept.get(flag.card_token)
            if known is None or flag.version > known.version:
                kept[flag.card_token] = flag

    def _add(self, generation, added, nothing):
        kept = self.tables[generation]
        for key, each in added.items():
            kept[key] = kept.get(key, nothing) + each

    # which generations there are

    async def advance(self, heard):
        for projection, offset in self.serving.items():
            self.serving[projection] = _moved(offset, heard)
        return {name: offset.generation for name, offset in self.serving.items()}

    async def fill(self, filling, heard):
        for projection, number in filling.items():
            found = self.filling.get(projection)
            if found is None or found.generation != number:
                return False
            self.filling[projection] = _moved(found, heard)
        return True

    async def standings(self):
        return [
            Standing(name, self.serving[name], self.filling.get(name))
            for name in sorted(Projection)
        ]

    async def ask(self, projection, target, at):
        new = Filling(next(self.numbers), 0, 0, None, None, target, at)
        self.filling.setdefault(projection, new)

    @asynccontextmanager
    async def alone(self):
        is_ours, self.is_held = not self.is_held, True
        try:
            yield is_ours
        finally:
            self.is_held = not is_ours

    async def begin(self):
        for name, old in self.filling.items():
            new = next(self.numbers)
            self.filling[name] = Filling(
                new, 0, 0, None, None, old.target, old.asked_at
            )
        return {name: each.generation for name, each in self.filling.items()}

    async def swap(self, projection, generation):
        made = self.filling[projection]
        if made.position < self.serving[projection].position:
            return False
        del self.filling[projection]
        shared = {each.name: getattr(made, each.name) for each in fields(Offset)}
        self.serving[projection] = Offset(**shared)
        return True

    async def sweep(self):
        used = {
            each.generation for each in (*self.serving.values(), *self.filling.values())
        }
        gone = [number for number in self.tables if number not in used]
        kept = {each for each in self.counted if each[0] in used}
        swept = sum(len(self.tables.pop(number)) for number in gone)
        swept += len(self.counted - kept)
        self.counted = kept
        return swept

    # what is shown

    def shown(self, projection):
        return self.tables[self.serving[projection].generation]

    async def view(self, payment_id):
        return self.shown(Projection.PAYMENT_VIEW).get(payment_id)

    async def card_status(self, card_token):
        flag = self.shown(Projection.CARD_FLAG).get(card_token)
        return flag.status if flag else None

    async def days(self, merchant_id, since):
        return {
            key: tally
            for key, tally in self.shown(Projection.MERCHANT_DAY).items()
            if key.merchant_id == merchant_id and key.day >= since
        }

    async def balances(self, merchant_id):
        found = self.shown(Projection.BALANCE_VIEW)
        return {
            Purse(*key): found[key] for key in sorted(found) if key[0] == merchant_id
        }

    async def standins(self, merchant_id, since):
        found = defaultdict(list)
        for view in self.shown(Projection.PAYMENT_VIEW).values():
            if (view.merchant_id, view.source) != (merchant_id, "delegation"):
                continue
            if view.authorised_at and view.authorised_at >= since:
                open_or = "voided" if view.voided_at else "open"
                found[view.standin or open_or, view.currency].append(view.amount)
        return [
            StandIn(
                outcome,
                len(found[outcome, currency]),
                Cents(sum(found[outcome, currency])),
                currency,
            )
            for outcome, currency in sorted(found)
        ]

    async def as_of(self, projection):
        return self.serving[projection].as_of


@dataclass
class FakeStream:
    """What was heard, in stretches; nothing waits unless it is said."""

    heard: list = field(default_factory=list)
    waiting_since: datetime | None = None
    first_seq: int = 1
    size: int = 2

    async def look(self):
        pass

    async def extent(self):
        last = max((each.stream_seq for each in self.heard), default=0)
        return Extent(self.first_seq, last)

    async def replayed(self):
        done = 0
        while True:
            stretch = self.heard[done : done + self.size]
            done += len(stretch)
            yield Stretch(stretch, len(self.heard) - done)


@dataclass
class FakeLetters:
    """Dead letters; one that nobody hears stays."""

    kept: dict[int, DeadLetter] = field(default_factory=dict)
    is_heard: bool = True

    async def oldest(self, limit):
        return [self.kept[id_] for id_ in sorted(self.kept)][:limit]

    async def one(self, letter_id):
        return self.kept.get(letter_id)

    async def replay(self, letter):
        if not self.is_heard:
            raise Unheard("Nobody hears any more.")
        del self.kept[letter.id]


@dataclass
class FakeAlerts:
    """Alerts by what is one of them."""

    kept: dict = field(default_factory=dict)

    async def keep(self, alert):
        news = [
            replace(each, ends_at=alert.starts_at)
            for each in self.kept.values()
            if each.fingerprint == alert.fingerprint
            and each.starts_at < alert.starts_at
            and each.ends_at is None
        ]
        known = self.kept.get((alert.fingerprint, alert.starts_at))
        if not known or known.status is not alert.status:
            news.append(alert)
        self.kept |= {(each.fingerprint, each.starts_at): each for each in news}
        return news

    async def latest(self, limit):
        found = sorted(self.kept.values(), key=lambda each: each.starts_at)
        found.sort(key=lambda each: each.ends_at is None)
        return found[::-1][:limit]


KEY = b"alerts-key"


def fake_ports(heard=()):
    store = FakeStore()
    stream = FakeStream(list(heard))
    return Ports(
        store,
        store,
        store,
        stream,
        FakeLetters(),
        FakeAlerts(),
        KEY,
        clock=lambda: NOW,
    )


def _moved(offset, heard):
    if not heard:
        return offset
    places = [each.stream_seq for each in heard]
    newest = max(each.at for each in heard)
    return replace(
        offset,
        position=max(offset.position, *places),
        events=offset.events + len(heard),
        as_of=max(offset.as_of or newest, newest),
        begins=min(offset.begins or places[0], *places),
    )
