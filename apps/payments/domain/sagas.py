"""What is still to be done after an event: the steps that finish a payment later.

A step is kept with the event that makes it due, and so before it is tried; a process
that dies leaves it behind for another. What cannot be undone (the capture) comes after
all that can, and is only ever tried again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from .changes import (
    PaymentAuthorised,
    PaymentCaptured,
    PaymentFlagged,
    PaymentVoided,
    ReversalConfirmed,
    ReversalRequested,
    StandInReconciled,
)
from .orders import CaptureMethod
from .payment import Happened, Payment, Status
from .rules import Source


class Step(StrEnum):
    CAPTURE = "capture"
    """Capture by itself what was to be captured automatically (S1)."""
    FRAUD_VOID = "fraud_void"
    """Void what a card that looks bad has not paid yet (S2)."""
    BANK_CAPTURE = "bank_capture"
    """Tell the bank what was captured of its hold (S1)."""
    REVERSAL = "reversal"
    """Make the bank let go of what it may hold (the compensation of S1 and S2)."""
    STANDIN = "standin"
    """Ask the bank about what was accepted in its stead (S3)."""


EVERY_STEP: Final = frozenset(Step)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long steps wait before they are due."""

    capture_after: timedelta
    """Time for fraud, or the merchant, to void what is captured automatically."""
    reconcile_after: timedelta
    """Time for a silent bank to come back."""


@dataclass(frozen=True, slots=True)
class Due:
    step: Step
    after: timedelta


NOW: Final = timedelta()
RETRY_S: Final = 1.0
RETRY_MOST_S: Final = 30.0


def retry_after(attempt: int) -> timedelta:
    """How long to wait after the n-th failed attempt: 2, 4, 8, 16, 30 s."""
    return timedelta(seconds=min(RETRY_MOST_S, RETRY_S * 2 ** min(attempt, 10)))


def due_after(happened: Happened, pace: Pace) -> Iterator[Due]:
    """The steps that an event makes due."""
    event, payment = happened.event, happened.payment
    if isinstance(event, PaymentAuthorised):
        if payment.capture is CaptureMethod.AUTOMATIC:
            yield Due(Step.CAPTURE, pace.capture_after)
        if event.source is Source.DELEGATION:
            yield Due(Step.STANDIN, pace.reconcile_after)
    if isinstance(event, PaymentFlagged) and payment.status is Status.AUTHORISED:
        yield Due(Step.FRAUD_VOID, NOW)
    if isinstance(event, ReversalRequested):
        yield Due(Step.REVERSAL, NOW)
    if _is_bank_to_capture(happened, payment):
        yield Due(Step.BANK_CAPTURE, NOW)


def done_with(happened: Happened) -> frozenset[Step]:
    """The steps that an event ends, whether it did them or made them pointless."""
    event = happened.event
    if isinstance(event, PaymentCaptured):
        return frozenset({Step.CAPTURE, Step.FRAUD_VOID})
    if isinstance(event, PaymentVoided):
        return frozenset({Step.CAPTURE, Step.FRAUD_VOID, Step.STANDIN})
    if isinstance(event, ReversalConfirmed):
        return frozenset({Step.REVERSAL})
    if isinstance(event, StandInReconciled):
        return frozenset({Step.STANDIN})
    return frozenset()


def _is_bank_to_capture(happened: Happened, payment: Payment) -> bool:
    event = happened.event
    if isinstance(event, PaymentCaptured):
        return payment.is_confirmed_by_bank
    known = isinstance(event, StandInReconciled) and payment.is_confirmed_by_bank
    return known and payment.captured > 0
