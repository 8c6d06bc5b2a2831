"""A merchant's dashboard: days, totals, and what payments were refused for."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from apps.kit.values import Cents

from .changes import NOTHING, Kind
from .sums import DayKey, Tally


@dataclass(frozen=True, slots=True)
class Figures:
    """How many, and how much in minor units."""

    count: int = 0
    amount: Cents = NOTHING


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What became of payments, in one currency."""

    currency: str
    authorised: Figures = Figures()
    declined: Figures = Figures()
    captured: Figures = Figures()
    voided: Figures = Figures()
    refunded: Figures = Figures()
    settled: Figures = Figures()
    fees: Cents = NOTHING
    fallbacks: int = 0
    """Decided without the bank's answer."""
    approval_rate: float | None = None
    """Of the decided ones; none were, none is."""


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    outcomes: Outcomes


@dataclass(frozen=True, slots=True)
class Reason:
    """Why payments were authorised, declined or voided, and how many of them."""

    outcome: str
    reason: str
    count: int


@dataclass(frozen=True, slots=True)
class StandIn:
    """Payments accepted in the bank's stead, by what the bank said later."""

    outcome: str
    """`open` until it said something; `voided` where that was not waited for."""
    count: int
    amount: Cents
    currency: str


@dataclass(frozen=True, slots=True)
class Dashboard:
    days: tuple[Day, ...]
    totals: tuple[Outcomes, ...]
    reasons: tuple[Reason, ...]


def dashboard(rows: Mapping[DayKey, Tally]) -> Dashboard:
    """Lay out a merchant's figures, the latest day first."""
    days: dict[tuple[date, str], list[tuple[str, Tally]]] = defaultdict(list)
    totals: dict[str, list[tuple[str, Tally]]] = defaultdict(list)
    reasons: dict[tuple[str, str], int] = defaultdict(int)
    for key, tally in rows.items():
        days[key.day, key.currency].append((key.outcome, tally))
        totals[key.currency].append((key.outcome, tally))
        if key.reason:
            reasons[key.outcome, key.reason] += tally.count
    often = sorted(reasons.items(), key=lambda each: (-each[1], each[0]))
    return Dashboard(
        tuple(
            Day(day, _outcomes(currency, days[day, currency]))
            for day, currency in sorted(
                days, key=lambda at: (-at[0].toordinal(), at[1])
            )
        ),
        tuple(_outcomes(currency, totals[currency]) for currency in sorted(totals)),
        tuple(Reason(*why, count) for why, count in often),
    )


def _outcomes(currency: str, tallies: list[tuple[str, Tally]]) -> Outcomes:
    by_outcome: dict[str, Tally] = defaultdict(Tally)
    for outcome, tally in tallies:
        by_outcome[outcome] += tally
    figures: dict[str, Any] = {
        outcome: Figures(tally.count, tally.amount)
        for outcome, tally in by_outcome.items()
    }
    accepted = by_outcome[Kind.AUTHORISED].count
    decided = accepted + by_outcome[Kind.DECLINED].count
    return replace(
        Outcomes(currency, **figures),
        fees=Cents(sum(tally.fee for tally in by_outcome.values())),
        fallbacks=sum(tally.fallbacks for tally in by_outcome.values()),
        approval_rate=round(accepted / decided, 4) if decided else None,
    )
