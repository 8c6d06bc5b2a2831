"""The bodies of composed answers; what a service tells of its own passes as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from ..domain.views import (
    Authorisation,
    Card,
    Event,
    Notification,
    OwnFigures,
    OwnMoney,
    Part,
    Payment,
    Whole,
    Why,
    freshness,
)
from . import examples
from .examples import shown_as


class Composed(BaseModel):
    """An answer of several: `degraded` names the parts that did not answer."""

    degraded: Sequence[Part]
    why: Mapping[Part, Why]
    """Why each of them did not."""


class ViewOut(Composed):
    """A payment (as `GET /payments/{payment_id}` shows it), and what others know.

    `bank` is null where the shop decided alone. `events` are for auditors, and all of
    `fraud` but its status is for the house.
    """

    model_config = shown_as(examples.VIEW)

    payment: Mapping[str, Any]
    bank: Authorisation | None
    fraud: Card | None
    notifications: Sequence[Notification] | None
    events: Sequence[Event] | None

    @classmethod
    def of(cls, payment: Payment, whole: Whole) -> Self:
        told = whole.told
        return cls(
            payment=payment.shown,
            bank=told.get(Part.BANK),
            fraud=told.get(Part.FRAUD),
            notifications=told.get(Part.NOTIFICATIONS),
            events=told.get(Part.EVENTS),
            degraded=whole.degraded,
            why=whole.why,
        )


class OwnDashboardOut(Composed):
    """A merchant's figures and money, and his latest payments.

    `latest` is null where the token may not look at payments. `as_of` is that of the
    older of the others; null where neither is there.
    """

    model_config = shown_as(examples.DASHBOARD)

    merchant_id: str
    figures: OwnFigures | None
    money: OwnMoney | None
    latest: Sequence[Mapping[str, Any]] | None
    as_of: datetime | None
    lag_ms: int | None

    @classmethod
    def of(cls, merchant_id: str, whole: Whole) -> Self:
        figures, money = (whole.told.get(part) for part in (Part.FIGURES, Part.MONEY))
        as_of, lag_ms = freshness([figures, money])
        return cls(
            merchant_id=merchant_id,
            figures=figures,
            money=money,
            latest=whole.told.get(Part.LATEST),
            as_of=as_of,
            lag_ms=lag_ms,
            degraded=whole.degraded,
            why=whole.why,
        )


class OwnBalanceOut(BaseModel):
    """What a merchant is to be paid, by currency; one part, whole or not at all."""

    model_config = shown_as(examples.BALANCE)

    merchant_id: str
    balances: Sequence[Mapping[str, Any]]
    as_of: datetime | None
    lag_ms: int

    @classmethod
    def of(cls, merchant_id: str, money: OwnMoney) -> Self:
        return cls(merchant_id=merchant_id, **asdict(money))
