"""The ledger in memory: it refuses what PostgreSQL refuses, and sums up as that does."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from apps.kit.values import Cents
from apps.payments.domain.booking import Account, Entry, Kind, Transfer
from apps.payments.store.ledger import Balance

HOUSE = frozenset(Account)


class Refused(Exception):
    """No ledger may hold this."""


@dataclass
class Book:
    transfers: dict[UUID, Transfer] = field(default_factory=dict)
    resolved: set[UUID] = field(default_factory=set)

    async def book(self, *transfers: Transfer) -> None:
        self.add(transfers)

    async def balances(self) -> list[Balance]:
        posted, pending = self.sums(self.posted()), self.sums(self.pending())
        every = {(e.account, t.currency) for t, e in self._all(self.transfers.values())}
        return [
            Balance(*place, Cents(posted[place]), Cents(pending[place]))
            for place in sorted(every)
        ]

    async def exposure(self) -> Cents:
        return self.exposed()

    async def imbalance(self) -> int:
        return 0

    def add(self, transfers: Iterable[Transfer]) -> None:
        for transfer in transfers:
            self._check(transfer)
            self.transfers[transfer.transfer_id] = transfer
            if transfer.pending_id:
                self.resolved.add(transfer.pending_id)

    def posted(self) -> Iterator[Transfer]:
        moving = (Kind.POST, Kind.POSTED)
        return (each for each in self.transfers.values() if each.kind in moving)

    def pending(self) -> Iterator[Transfer]:
        return (
            each
            for each in self.transfers.values()
            if each.kind is Kind.PENDING and each.transfer_id not in self.resolved
        )

    def exposed(self) -> Cents:
        account = Account.STANDIN_EXPOSURE
        both = (*self.posted(), *self.pending())
        return Cents(sum(e.amount for _, e in self._all(both) if e.account == account))

    def balance(self, account: str) -> int:
        """What is posted, in whatever currency."""
        return sum(
            e.amount for _, e in self._all(self.posted()) if e.account == account
        )

    def sums(self, transfers: Iterable[Transfer]) -> Counter[tuple[str, str]]:
        """Per account and currency."""
        sums: Counter[tuple[str, str]] = Counter()
        for transfer, entry in self._all(transfers):
            sums[entry.account, transfer.currency] += entry.amount
        return sums

    def _all(self, transfers: Iterable[Transfer]) -> Iterator[tuple[Transfer, Entry]]:
        return ((each, entry) for each in transfers for entry in each.entries)

    def _check(self, transfer: Transfer) -> None:
        ends = transfer.kind in (Kind.POST, Kind.VOID)
        if transfer.transfer_id in self.transfers:
            raise Refused("booked before")
        if bool(transfer.entries) == (transfer.kind is Kind.VOID):
            raise Refused("entries, or none, where they should not be")
        if sum(entry.amount for entry in transfer.entries):
            raise Refused("unbalanced")
        if not all(
            entry.amount and _known(entry.account) for entry in transfer.entries
        ):
            raise Refused("an entry of nothing, or on no account")
        if ends != (transfer.pending_id is not None):
            raise Refused("only posts and voids end a pending transfer")
        if ends:
            self._check_end(transfer, self.transfers.get(transfer.pending_id))

    def _check_end(self, transfer: Transfer, pending: Transfer | None) -> None:
        if pending is None or pending.kind is not Kind.PENDING:
            raise Refused("nothing is pending")
        if pending.transfer_id in self.resolved:
            raise Refused("resolved before")
        if (pending.subject_id, pending.currency) != (
            transfer.subject_id,
            transfer.currency,
        ):
            raise Refused("another's")
        held, posted = self.sums([pending]), self.sums([transfer])
        if any(amount > max(0, held[place]) for place, amount in posted.items()):
            raise Refused("more than is pending")


def _known(account: str) -> bool:
    return account in HOUSE or bool(account.partition("merchant_payable:")[2])
