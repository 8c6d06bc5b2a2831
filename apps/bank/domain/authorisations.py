"""What the bank was asked, and its word on it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from apps.kit.values import Cents

from .accounts import Account
from .holds import Hold, HoldState


class Verdict(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


class Code(StrEnum):
    """Response codes of ISO 8583, data element 39."""

    APPROVED = "00"
    REFUSED = "05"
    NO_FUNDS = "51"
    ABOVE_LIMIT = "61"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the bank lends: how much at once, to whom it never saw, for how long."""

    limit: Cents
    opening_balance: Cents
    hold: timedelta


@dataclass(frozen=True, slots=True)
class Request:
    """An authorisation that a payment asks for; the same id is the same question."""

    request_id: UUID
    merchant_id: str
    card_token: UUID
    amount: Cents
    currency: str


@dataclass(frozen=True, slots=True)
class Reversal:
    reversal_id: UUID
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Authorisation:
    """The bank's word on a request; one that is reversed first has no request yet."""

    authorisation_id: UUID
    request_id: UUID
    request: Request | None
    code: Code
    hold: Hold | None = None
    reversal: Reversal | None = None

    @property
    def verdict(self) -> Verdict:
        return Verdict.APPROVED if self.code is Code.APPROVED else Verdict.REFUSED

    @property
    def hold_state(self) -> HoldState | None:
        return self.hold.state if self.hold else None

    @property
    def is_tombstone(self) -> bool:
        return self.hold_state is HoldState.TOMBSTONE


@dataclass(frozen=True, slots=True)
class Change:
    """What is kept together: an authorisation, and the account where money moved."""

    authorisation: Authorisation
    account: Account | None = None

    @property
    def moved(self) -> Cents:
        """The amount that was set aside, or is so no longer."""
        hold = self.authorisation.hold
        return hold.amount if hold and self.account else Cents(0)


Known = tuple[Authorisation | None, Account | None]
"""What is known of a request, and the account that it draws on, or would."""


@dataclass(frozen=True, slots=True)
class Overdue:
    """A request whose hold should have ended, and the trace that it was asked in."""

    expires_at: datetime
    request_id: UUID
    traceparent: str | None = None
