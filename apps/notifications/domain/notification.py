"""What a merchant is to be told, and what became of telling it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from uuid import UUID, uuid5

JITTER = 0.2
"""How far a wait strays from its schedule, so that what fell together rises apart."""

LONGEST_WAIT = timedelta(hours=1)
"""A merchant may ask for more patience (`Retry-After`), up to this."""


class State(StrEnum):
    PENDING = "pending"
    FAILED = "failed"
    """It failed, and is tried again at `next_at`."""
    DELIVERED = "delivered"
    DEAD = "dead"


class UnderWay(Exception):
    """Another worker is at this attempt, or was when it died: it is asked again later."""


@dataclass(frozen=True, slots=True)
class Notification:
    """One event for one endpoint; the body is the same bytes at every attempt."""

    id: UUID
    merchant_id: str
    payment_id: UUID
    target: str
    event_id: UUID
    type: str
    body: str
    created_at: datetime
    traceparent: str | None = None
    state: State = State.PENDING
    attempt: int = 0
    """How often it was tried."""
    next_at: datetime | None = None
    """When it is due; once a job is made of it, since when that is on its way."""
    kind: str = "webhook"
    queued: int = 0
    """The attempt that the last job was made for."""

    @property
    def is_lost(self) -> bool:
        """Among what is due, a job was made already, and no worker ever got it."""
        return self.queued > self.attempt


@dataclass(frozen=True, slots=True)
class Delivery:
    """A notification that is ours to deliver, and where to."""

    notification: Notification
    url: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What one attempt got; of the merchant's body nothing is kept."""

    at: datetime
    duration_s: float
    status: int | None = None
    error: str | None = None
    """The kind of fault, where there was no answer."""
    retry_after_s: float = 0.0

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The endpoint will never come back, and says so."""
        return self.status == HTTPStatus.GONE

    @property
    def status_class(self) -> str:
        return f"{self.status // 100}xx" if self.status else "none"


@dataclass(frozen=True, slots=True)
class Made:
    """What a notification has become by an attempt, and in which trace that was."""

    notification: Notification
    answer: Answer
    trace_id: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, as it is kept."""

    attempt: int
    at: datetime
    status: int | None
    error: str | None
    duration_ms: int
    trace_id: str


@dataclass(frozen=True, slots=True)
class History:
    """A notification with all that was tried for it."""

    notification: Notification
    attempts: Sequence[Attempt]


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is not delivered yet, and not given up."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long to wait after each failed attempt; one failure more, and it is dead."""

    delays_s: tuple[float, ...]

    def wait(self, attempt: int, chance: float) -> timedelta | None:
        """After that attempt failed, with a chance between 0 and 1; or never again."""
        if attempt > len(self.delays_s):
            return None
        stray = 1 + JITTER * (2 * chance - 1)
        return timedelta(seconds=self.delays_s[attempt - 1] * stray)


def notification_id(event_id: UUID, target: str) -> UUID:
    """The same event for the same endpoint is the same notification."""
    return uuid5(event_id, target)


def after(
    notification: Notification, answer: Answer, schedule: Schedule, chance: float
) -> Notification:
    """What a notification has become by one attempt."""
    tried = replace(notification, attempt=notification.attempt + 1, next_at=None)
    if answer.is_taken:
        return replace(tried, state=State.DELIVERED)
    wait = schedule.wait(tried.attempt, chance)
    if answer.is_gone or wait is None:
        return replace(tried, state=State.DEAD)
    asked = _within(answer.retry_after_s, LONGEST_WAIT)
    ended = answer.at + timedelta(seconds=answer.duration_s)
    return replace(tried, state=State.FAILED, next_at=ended + max(wait, asked))


def _within(seconds: float, longest: timedelta) -> timedelta:
    """Merchants write what they like: bounded first, for no timedelta is that long."""
    return timedelta(seconds=min(max(seconds, 0.0), longest.total_seconds()))
