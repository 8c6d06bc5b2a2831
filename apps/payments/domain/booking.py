"""What a ledger is made of: accounts, and transfers between them that sum to zero."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from apps.kit.values import Cents

from .payment import step_id


class Account(StrEnum):
    """The accounts of the house; each merchant has one of its own besides."""

    SCHEME_RECEIVABLE = "scheme_receivable"
    """What the card scheme owes us."""
    STANDIN_EXPOSURE = "standin_exposure"
    """What we accepted in the bank's stead, and nobody owes us yet."""
    SETTLEMENT_CASH = "settlement_cash"
    FEE_INCOME = "fee_income"
    STANDIN_LOSS = "standin_loss"
    """What we accepted in the bank's stead, and nobody will ever pay."""


def merchant_payable(merchant_id: str) -> str:
    """The account of what we owe a merchant; below zero the merchant owes us."""
    return f"merchant_payable:{merchant_id}"


class Kind(StrEnum):
    PENDING = "pending"
    """Announced: it moves nothing yet, and is posted or voided later, once."""
    POST = "post"
    """Moves what was pending, or a part of it; the rest is released."""
    VOID = "void"
    """Releases what was pending, whole; it has no entries."""
    POSTED = "posted"
    """Moves at once."""


@dataclass(frozen=True, slots=True)
class Entry:
    account: str
    amount: Cents
    """A debit above zero, a credit below."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """One transaction of the ledger; its entries sum to zero."""

    transfer_id: UUID
    subject_id: UUID
    """The payment, or the batch, that it is booked for."""
    step: str
    kind: Kind
    currency: str
    entries: tuple[Entry, ...] = ()
    pending_id: UUID | None = None
    """The pending transfer that it posts or voids."""

    @classmethod
    def of(
        cls,
        subject_id: UUID,
        step: str,
        kind: Kind,
        currency: str,
        *,
        entries: tuple[Entry, ...] = (),
        pending: str | None = None,
    ) -> "Transfer":
        """The same step of the same subject has the same id; `pending` is a step too."""
        resolved = step_id(subject_id, pending) if pending else None
        made = step_id(subject_id, step)
        return cls(made, subject_id, step, kind, currency, entries, resolved)


def moved(amount: int, *, debit: str, credit: str) -> tuple[Entry, ...]:
    """The two sides of an amount; of nothing, none. Below zero it moves back."""
    if amount == 0:
        return ()
    return Entry(debit, Cents(amount)), Entry(credit, Cents(-amount))


def fee(amount: Cents, bps: int, fixed: Cents) -> Cents:
    """What a capture costs the merchant: rounded up, never more than was captured."""
    share = -(-amount * bps // 10_000)
    return Cents(min(amount, share + fixed))
