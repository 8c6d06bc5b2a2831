"""What a merchant sees of one payment, joined from its events in any order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from apps.kit.values import Cents

from .changes import NOTHING, Change, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentView:
    """A payment as its events tell it; amounts in minor units of `currency`."""

    payment_id: UUID
    merchant_id: str
    pos_id: str
    card_token: UUID
    brand: str
    last4: str
    amount: Cents
    currency: str
    created_at: datetime
    trace_id: str

    status: str
    version: int
    """How many events its payment had when this was true."""

    response_code: str | None = None
    network_code: str | None = None
    processing_mode: str | None = None
    source: str | None = None
    attempts: int | None = None
    captured: Cents = NOTHING
    fee: Cents = NOTHING
    refunded: Cents = NOTHING
    settled: Cents = NOTHING
    """Paid out to the merchant."""
    void_reason: str | None = None
    standin: str | None = None
    """What the bank said later of a payment that was accepted in its stead."""

    received_at: datetime | None = None
    authorised_at: datetime | None = None
    declined_at: datetime | None = None
    captured_at: datetime | None = None
    voided_at: datetime | None = None
    refunded_at: datetime | None = None
    """The last refund."""
    settled_at: datetime | None = None
    reconciled_at: datetime | None = None


NAMES = tuple(field.name for field in fields(PaymentView))
_SAME = tuple(
    name
    for name in NAMES
    if name in {field.name for field in fields(Change)} and name != "refunded"
)
_ADDED = NAMES[NAMES.index("response_code") :]
_TIMES = {kind: f"{kind}_at" for kind in Kind} | {
    Kind.STANDIN_RECONCILED: "reconciled_at"
}


def joined(one: PaymentView, other: PaymentView) -> PaymentView:
    """Both together. Whichever comes first, and however often: the same comes out.

    What an event adds is told once or only grows, so the larger holds.
    """
    early, late = sorted((one, other), key=lambda view: view.version)
    told: dict[str, Any] = {name: getattr(late, name) for name in NAMES}
    for name in _ADDED:
        before = getattr(early, name)
        if before is not None and (told[name] is None or before > told[name]):
            told[name] = before
    return PaymentView(**told)


def view_of(change: Change) -> PaymentView:
    """All that one event tells."""
    told: dict[str, Any] = {name: getattr(change, name) for name in _SAME}
    told[_TIMES[change.kind]] = change.at
    return PaymentView(
        refunded=change.refunded_total,
        settled=change.net,
        void_reason=change.reason,
        standin=change.outcome,
        **told,
    )


def brought_up_to_date(
    known: Mapping[UUID, PaymentView], changes: Iterable[Change]
) -> list[PaymentView]:
    """The views that the changes touch, as they are with them."""
    touched: dict[UUID, PaymentView] = {}
    for change in changes:
        view, key = view_of(change), change.payment_id
        before = touched.get(key) or known.get(key)
        touched[key] = joined(before, view) if before else view
    return list(touched.values())
