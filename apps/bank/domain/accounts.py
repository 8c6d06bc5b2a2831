"""The money behind a card: what is there, and what of it is held."""

from dataclasses import dataclass, replace
from uuid import UUID

from apps.kit.values import Cents


@dataclass(frozen=True, slots=True)
class Account:
    """A card's money in one currency; `held` is the part that is promised already."""

    card_token: UUID
    currency: str
    balance: Cents
    held: Cents

    @property
    def available(self) -> Cents:
        return Cents(self.balance - self.held)

    def holding(self, amount: Cents) -> "Account":
        return replace(self, held=Cents(self.held + amount))

    def releasing(self, amount: Cents) -> "Account":
        return self.holding(Cents(-amount))

    def paying(self, amount: Cents) -> "Account":
        return replace(self, balance=Cents(self.balance - amount))
