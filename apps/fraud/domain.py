"""How suspicious a card is: refusals in a row raise it, windows that end calm it."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID


class Status(StrEnum):
    GREEN = "GREEN"
    ORANGE = "ORANGE"
    RED = "RED"


STEPS: Final = tuple(Status)

ACCEPTED: Final = "ACCEPTED"

BLAMING: Final = frozenset(
    {
        "AUTHORIZATION_DENIED",
        "BLACK_LISTED_CARD_NUMBER",
        "EXPIRED_CARD",
        "UNKNOWN_CARD_TYPE",
    }
)
"""Refusals that speak against the card: not a closed till's, a silent bank's or ours."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many refusals in a row are too many, and how long they are held against it."""

    orange: int
    red: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class CardRisk:
    """What is known of a card: `count` is for ever, `refused` for this window.

    `count` is that of its decided payments, each once. `version` is that of its status.
    """

    card_token: UUID
    count: int
    status: Status
    refused: int
    window_start: datetime
    version: int


@dataclass(frozen=True, slots=True)
class Assessment:
    """What is answered before a payment is authorised."""

    card_token: UUID
    status: Status
    count: int


def weigh(
    risk: CardRisk, response_code: str, at: datetime, limits: Thresholds
) -> CardRisk:
    """Take a payment decided at that instant into account: at most one step up.

    A step up begins the window anew, so that a flag holds for a whole one.
    """
    before = cooled(risk, at, limits)
    refused = _refused(before.refused, response_code)
    status = _risen(before.status, refused, limits)
    rose = status is not before.status
    return replace(
        before,
        status=status,
        refused=refused,
        window_start=max(at, before.window_start) if rose else before.window_start,
        version=risk.version + (status is not risk.status),
    )


def cooled(risk: CardRisk, at: datetime, limits: Thresholds) -> CardRisk:
    """The risk as it stands at that instant: one step down for each window that ended."""
    ended = (at - risk.window_start) // limits.window
    if ended <= 0:
        return risk
    return replace(
        risk,
        status=STEPS[max(0, STEPS.index(risk.status) - ended)],
        refused=0,
        window_start=risk.window_start + ended * limits.window,
    )


def assess(card_token: UUID, risk: CardRisk | None) -> Assessment:
    """A card that never paid has done nothing wrong."""
    if risk is None:
        return Assessment(card_token, Status.GREEN, 0)
    return Assessment(card_token, risk.status, risk.count)


def _refused(before: int, response_code: str) -> int:
    """Refusals in a row; what does not speak of the card does not break the row."""
    if response_code == ACCEPTED:
        return 0
    return before + (response_code in BLAMING)


def _risen(status: Status, refused: int, limits: Thresholds) -> Status:
    if status is Status.GREEN and refused >= limits.orange:
        return Status.ORANGE
    if status is Status.ORANGE and refused >= limits.red:
        return Status.RED
    return status
