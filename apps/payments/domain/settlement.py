"""Paying merchants out: what they are owed less what they owe, batch by batch."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from apps.kit.values import Cents

from .changes import PaymentSettled


@dataclass(frozen=True, slots=True)
class Debt:
    """A captured payment that the merchant has not been paid for yet."""

    payment_id: UUID
    amount: Cents
    fee: Cents
    is_lost: bool = False
    """The bank refused it after we had accepted it: nobody will pay us for it."""


@dataclass(frozen=True, slots=True)
class Repayment:
    """A refund that the merchant has not been charged for yet."""

    refund_id: UUID
    amount: Cents
    is_lost: bool = False
    """Of a payment that nobody will pay us for: the scheme takes nothing back."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One merchant's payout in one currency."""

    batch_id: UUID
    merchant_id: str
    currency: str
    debts: Sequence[Debt]
    repayments: Sequence[Repayment]

    @property
    def gross(self) -> Cents:
        return Cents(sum(debt.amount for debt in self.debts))

    @property
    def refunds(self) -> Cents:
        return Cents(sum(repayment.amount for repayment in self.repayments))

    @property
    def collected(self) -> Cents:
        """What the scheme pays us, less what it takes back."""
        paid = sum(debt.amount for debt in self.debts if not debt.is_lost)
        taken = sum(each.amount for each in self.repayments if not each.is_lost)
        return Cents(paid - taken)

    @property
    def fees(self) -> Cents:
        return Cents(sum(debt.fee for debt in self.debts))

    @property
    def net(self) -> Cents:
        return Cents(self.gross - self.refunds - self.fees)

    @property
    def is_payable(self) -> bool:
        """Nobody asks a merchant for cash: what he owes waits for his next captures."""
        return self.net >= 0 and bool(self.debts or self.repayments)


def settling(batch: Batch, debt: Debt) -> PaymentSettled:
    """What the batch means to one payment in it."""
    net = Cents(debt.amount - debt.fee)
    return PaymentSettled(batch.batch_id, debt.amount, debt.fee, net)
