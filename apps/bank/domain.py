"""What the bank lends, and how it says no."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from apps.kit.values import Cents


class Verdict(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


NETWORK_CODES = {Verdict.APPROVED: "00", Verdict.REFUSED: "05"}
"""Response codes of ISO 8583, data element 39."""


@dataclass(frozen=True, slots=True)
class Request:
    """An authorisation that a payment asks for; the same id is the same question."""

    request_id: UUID
    merchant_id: str
    card_token: UUID
    amount: Cents
    currency: str


@dataclass(frozen=True, slots=True)
class Authorisation:
    authorisation_id: UUID
    request: Request
    verdict: Verdict

    @property
    def network_code(self) -> str:
        return NETWORK_CODES[self.verdict]


def judge(request: Request, limit: Cents) -> Verdict:
    """Authorise up to the limit."""
    return Verdict.APPROVED if request.amount <= limit else Verdict.REFUSED
