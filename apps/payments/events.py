"""What payments announces, and what it hears."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict

RECEIVED = "pay.v1.payment.received"
AUTHORISED = "pay.v1.payment.authorised"
DECLINED = "pay.v1.payment.declined"
CAPTURED = "pay.v1.payment.captured"
VOIDED = "pay.v1.payment.voided"
REFUNDED = "pay.v1.payment.refunded"
SETTLED = "pay.v1.payment.settled"
MERCHANT_SETTLED = "pay.v1.merchant.settled"
RECONCILED = "pay.v1.payment.standin_reconciled"

HOLD_REVERSED = "pay.v1.bank.hold.reversed"
CARD_FLAGGED = "pay.v1.fraud.card.flagged"


class Announced(BaseModel):
    """A payment as it is after what happened. Amounts in minor units of `currency`."""

    model_config = ConfigDict(frozen=True)

    payment_id: UUID
    merchant_id: str
    pos_id: str
    card_token: UUID
    brand: str
    last4: str
    amount: int
    currency: str
    status: str
    created_at: datetime
    trace_id: str
    """The trace of the order; what happens later has traces of its own."""


class Received(Announced):
    """An order is kept, and the bank is about to be asked."""

    capture: str


class PaymentDecided(Announced):
    """A payment has its answer."""

    response_code: str
    network_code: str
    processing_mode: str
    source: str
    attempts: int


class Captured(Announced):
    """Money is to move: `captured` of what was authorised."""

    capture_id: UUID
    captured: int
    fee: int
    ledger_tx: UUID


class Voided(Announced):
    """An authorised payment is gone, and `reason` says who wanted that."""

    void_id: UUID
    reason: str


class Refunded(Announced):
    """`refunded` goes back to the card now; `refunded_total` has, in all."""

    refund_id: UUID
    refunded: int
    refunded_total: int
    ledger_tx: UUID


class Settled(Announced):
    """The merchant was paid for it, refunds not counted, in the batch that is named."""

    batch_id: UUID
    gross: int
    fee: int
    net: int


class Reconciled(Announced):
    """The bank had its say on what was accepted in its stead."""

    outcome: str
    exposure_delta: int


class MerchantSettled(BaseModel):
    """A merchant was paid `net`: captures (`gross`) less refunds less fees."""

    model_config = ConfigDict(frozen=True)

    batch_id: UUID
    merchant_id: str
    currency: str
    payments: int
    """How many captures: at least one, for refunds alone wait until they are covered."""
    gross: int
    refunds: int
    fees: int
    net: int
    at: datetime


class HoldReversed(BaseModel):
    """The fields that payments reads of a hold that the bank let go."""

    request_id: UUID
    tombstone: bool


class CardFlagged(BaseModel):
    """The fields that payments reads of a card whose status changed."""

    card_token: UUID
    status: str
    count: int


OF_PAYMENTS: Final[Mapping[str, type[Announced]]] = MappingProxyType(
    {
        RECEIVED: Received,
        AUTHORISED: PaymentDecided,
        DECLINED: PaymentDecided,
        CAPTURED: Captured,
        VOIDED: Voided,
        REFUNDED: Refunded,
        SETTLED: Settled,
        RECONCILED: Reconciled,
    }
)

ANNOUNCES: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {**OF_PAYMENTS, MERCHANT_SETTLED: MerchantSettled}
)
