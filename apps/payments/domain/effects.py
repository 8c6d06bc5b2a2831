"""What each event makes of a payment; what it cannot be, it refuses."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from apps.kit.values import Cents

from .changes import (
    AuthorisationRequested,
    AuthorisationUnknown,
    Event,
    Outcome,
    PaymentAuthorised,
    PaymentCaptured,
    PaymentDeclined,
    PaymentFlagged,
    PaymentRefunded,
    PaymentSettled,
    PaymentVoided,
    ReversalConfirmed,
    ReversalRequested,
    StandInReconciled,
    decision_of,
)
from .payment import InvalidState, Payment, Reversal, StandIn, Status, TooMuch
from .rules import Source


def _decided(_: Payment, event: PaymentAuthorised | PaymentDeclined) -> dict[str, Any]:
    decision = decision_of(event)
    stands_in = (
        isinstance(event, PaymentAuthorised) and event.source is Source.DELEGATION
    )
    return {
        "status": Status(decision.verdict.value),
        "decision": decision,
        "fraud": event.fraud,
        "standin": StandIn.OPEN if stands_in else None,
    }


def _reversal(to: Reversal) -> Callable[[Payment, Event], dict[str, Any]]:
    def change(payment: Payment, event: Event) -> dict[str, Any]:
        before = Reversal.REQUESTED if to is Reversal.CONFIRMED else None
        if payment.reversal is not before:
            raise InvalidState(f"{type(event).__name__} after {payment.reversal}")
        return {"reversal": to}

    return change


def _reconciled(payment: Payment, event: StandInReconciled) -> dict[str, Any]:
    if payment.standin is not StandIn.OPEN or payment.decision is None:
        raise InvalidState(f"reconciled after {payment.standin}")
    known = event.authorisation_id if event.outcome is not Outcome.REJECTED else None
    decision = replace(payment.decision, authorisation_id=known)
    return {"standin": StandIn(event.outcome.value), "decision": decision}


def _captured(payment: Payment, event: PaymentCaptured) -> dict[str, Any]:
    if not 0 < event.amount <= payment.amount:
        raise TooMuch("Capture no more than was authorised.")
    return {"status": Status.CAPTURED, "captured": event.amount}


def _voided(payment: Payment, _: PaymentVoided) -> dict[str, Any]:
    settled = payment.standin is not StandIn.OPEN
    return {
        "status": Status.VOIDED,
        "standin": payment.standin if settled else None,
    }


def _refunded(payment: Payment, event: PaymentRefunded) -> dict[str, Any]:
    if not 0 < event.amount <= payment.refundable:
        raise TooMuch("Refund no more than was captured.")
    refunded = Cents(payment.refunded + event.amount)
    whole = refunded == payment.captured
    status = Status.REFUNDED if whole else Status.PARTIALLY_REFUNDED
    return {"status": status, "refunded": refunded}


def _settled(payment: Payment, _: PaymentSettled) -> dict[str, Any]:
    if payment.is_settled:
        raise InvalidState("settled before")
    paid = payment.status is Status.CAPTURED
    return {"status": Status.SETTLED if paid else payment.status, "is_settled": True}


def _same(_payment: Payment, _event: Event) -> dict[str, Any]:
    return {}


EFFECTS: Final[Mapping[type, Callable[[Payment, Any], dict[str, Any]]]] = (
    MappingProxyType(
        {
            AuthorisationRequested: _same,
            AuthorisationUnknown: lambda _payment, _event: {"status": Status.PENDING},
            PaymentAuthorised: _decided,
            PaymentDeclined: _decided,
            ReversalRequested: _reversal(Reversal.REQUESTED),
            ReversalConfirmed: _reversal(Reversal.CONFIRMED),
            StandInReconciled: _reconciled,
            PaymentCaptured: _captured,
            PaymentVoided: _voided,
            PaymentRefunded: _refunded,
            PaymentSettled: _settled,
            PaymentFlagged: _same,
        }
    )
)
"""What each event makes of a payment that there is."""
