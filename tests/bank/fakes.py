"""The bank's database, as a few dictionaries."""

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import astuple, dataclass, field
from uuid import UUID

from apps.bank.domain.accounts import Account
from apps.bank.domain.authorisations import Authorisation, Overdue
from apps.bank.domain.holds import HoldState
from apps.kit.audit import Entry
from apps.kit.values import Cents


@dataclass
class FakeBooks:
    accounts: dict[tuple[UUID, str], Account] = field(default_factory=dict)
    standing: dict[UUID, Authorisation] = field(default_factory=dict)
    events: list = field(default_factory=list)
    trail: list[Entry] = field(default_factory=list)
    locks: dict[UUID, asyncio.Lock] = field(
        default_factory=lambda: defaultdict(asyncio.Lock)
    )

    @asynccontextmanager
    async def alone(self, request_id, fresh=None):
        async with self.locks[request_id]:
            known = self.standing.get(request_id)
            drawn = known.request if known else fresh
            yield known, drawn and self.account(drawn)

    @asynccontextmanager
    async def alone_with(self, authorisation_id):
        known = [
            request_id
            for request_id, each in self.standing.items()
            if each.authorisation_id == authorisation_id
        ]
        async with self.alone(known[0] if known else authorisation_id) as standing:
            yield standing

    async def known(self, request_id):
        return self.standing.get(request_id)

    def account(self, drawn):
        place = (drawn.card_token, drawn.currency)
        if isinstance(drawn, Account):
            self.accounts.setdefault(place, drawn)
        return self.accounts.get(place)

    async def keep(self, change, entry, told=None):
        self.standing[change.authorisation.request_id] = change.authorisation
        if change.account:
            place = (change.account.card_token, change.account.currency)
            self.accounts[place] = change.account

        self.trail.append(entry)
        if told:
            self.events.append(told)

    async def overdue(self, at, at_most, behind=None):
        over = [
            Overdue(each.hold.expires_at, request_id)
            for request_id, each in self.standing.items()
            if each.hold_state is HoldState.HELD and each.hold.is_over(at)
        ]
        rest = [each for each in over if not behind or astuple(each) > astuple(behind)]
        return sorted(rest, key=astuple)[:at_most]

    async def held(self, at_most):
        held: dict[str, int] = defaultdict(int)
        for account in self.accounts.values():
            held[account.currency] += account.held
        return {currency: Cents(amount) for currency, amount in held.items()}
