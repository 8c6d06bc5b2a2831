"""The bodies of the back office's answers; amounts in minor units of their currency."""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from ..domain.dashboards import Dashboard, Outcomes, Reason, StandIn
from ..domain.projections import Projection, Standing
from ..domain.sums import Balance, Purse
from ..domain.views import NAMES, PaymentView
from ..usecases.showing import Shown
from . import examples
from .examples import shown_as


class Fresh(BaseModel):
    """What every answer says of its own age."""

    as_of: datetime | None
    """The time of the newest event in it; null where there is none."""
    lag_ms: int
    """For how long an event that it lacks has waited; 0 where none does."""


class PaymentOut(Fresh):
    """A payment as its events tell it, and when each of them happened."""

    model_config = shown_as(examples.PAYMENT)

    payment_id: UUID
    merchant_id: str
    pos_id: str
    card_token: UUID
    card_status: str
    brand: str
    last4: str
    amount: int
    currency: str
    captured: int
    fee: int
    refunded: int
    settled: int
    status: str
    version: int
    response_code: str | None
    network_code: str | None
    processing_mode: str | None
    source: str | None
    attempts: int | None
    void_reason: str | None
    standin: str | None
    created_at: datetime
    received_at: datetime | None
    authorised_at: datetime | None
    declined_at: datetime | None
    captured_at: datetime | None
    voided_at: datetime | None
    refunded_at: datetime | None
    settled_at: datetime | None
    reconciled_at: datetime | None
    trace_id: str

    @classmethod
    def of(cls, shown: Shown[tuple[PaymentView, str]]) -> Self:
        view, status = shown.what
        told = {name: getattr(view, name) for name in NAMES}
        return cls(card_status=status, **told, **_fresh(shown))


class DayOut(BaseModel):
    day: date
    outcomes: Outcomes


class DashboardOut(Fresh):
    """A merchant's last days, the latest first, and the totals by currency."""

    model_config = shown_as(examples.DASHBOARD)

    merchant_id: str
    days: list[DayOut]
    totals: list[Outcomes]
    reasons: list[Reason]
    standins: list[StandIn]

    @classmethod
    def of(
        cls, merchant_id: str, shown: Shown[tuple[Dashboard, list[StandIn]]]
    ) -> Self:
        figures, standins = shown.what
        return cls(
            merchant_id=merchant_id,
            days=[DayOut(**_shallow(each)) for each in figures.days],
            totals=list(figures.totals),
            reasons=list(figures.reasons),
            standins=standins,
            **_fresh(shown),
        )


class MoneyOut(BaseModel):
    """`payable` is what was captured, less refunds, fees and what was paid out."""

    currency: str
    payable: int
    captured: int
    refunded: int
    fees: int
    settled: int
    """Paid out, refunds counted."""
    pending: int
    """Authorised, and neither captured nor voided yet: no part of `payable`."""


class BalanceOut(Fresh):
    """What a merchant is to be paid, by currency."""

    model_config = shown_as(examples.BALANCE)

    merchant_id: str
    balances: list[MoneyOut]

    @classmethod
    def of(cls, merchant_id: str, shown: Shown[dict[Purse, Balance]]) -> Self:
        balances = [
            MoneyOut(
                currency=purse.currency, payable=balance.payable, **asdict(balance)
            )
            for purse, balance in shown.what.items()
        ]
        return cls(merchant_id=merchant_id, balances=balances, **_fresh(shown))


class RebuildOut(BaseModel):
    generation: int
    position: int
    target: int
    """Where the stream ended when the rebuild was asked for."""
    progress: float
    """From 0 to 1."""
    events: int
    asked_at: datetime


class ProjectionOut(Fresh):
    """How far a projection is in the stream, and what is to replace it."""

    model_config = shown_as(examples.PROJECTION)

    name: Projection
    state: str
    generation: int
    position: int
    events: int
    rebuild: RebuildOut | None

    @classmethod
    def of(cls, standing: Standing, lag: timedelta) -> Self:
        serving, filling = standing.serving, standing.filling
        return cls(
            name=standing.projection,
            state="rebuilding" if filling else "serving",
            generation=serving.generation,
            position=serving.position,
            events=serving.events,
            rebuild=RebuildOut(**asdict(filling), progress=filling.progress)
            if filling
            else None,
            as_of=serving.as_of,
            lag_ms=_milliseconds(lag),
        )


def _fresh(shown: Shown[Any]) -> dict[str, Any]:
    return {"as_of": shown.as_of, "lag_ms": _milliseconds(shown.lag)}


def _milliseconds(lag: timedelta) -> int:
    return round(lag.total_seconds() * 1000)


def _shallow(each: Any) -> dict[str, Any]:
    return {name: getattr(each, name) for name in each.__dataclass_fields__}
