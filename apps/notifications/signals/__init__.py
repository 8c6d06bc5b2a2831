"""Every fact that notifications tells."""

from datetime import datetime
from uuid import UUID

from apps.kit.signals import SECONDS, Counter, Facts, Gauge, Histogram, Value, tell

from ..domain.notification import Answer, Backlog, Notification, State
from ..domain.receiver import Received
from ..domain.signing import Verdict

RECORDED = Counter(
    "notifications.recorded",
    unit="{event}",
    about="Notifications recorded for merchants.",
    by=("webhook.type",),
)
ATTEMPTS = Counter(
    "webhooks.attempts",
    unit="{attempt}",
    about="Webhooks tried, by what came of it.",
    by=("webhook.outcome", "webhook.status_class"),
)
DURATION = Histogram(
    "webhooks.duration",
    unit="s",
    about="From a webhook's first byte to the merchant's answer.",
    by=("webhook.outcome",),
)
DELAY = Histogram(
    "webhooks.delay",
    unit="s",
    about="From recording a notification to its delivery.",
    bounds=(*SECONDS, 30, 60, 300, 900, 3600, 7200),
)
PENDING = Gauge(
    "webhooks.pending",
    unit="{notification}",
    about="Notifications that are neither delivered nor given up.",
)
OLDEST = Gauge(
    "webhooks.oldest",
    unit="s",
    about="Age of the oldest notification that waits for its delivery.",
)


def recorded(notification: Notification) -> None:
    """The merchant is to be told."""
    tell("notification.recorded", _facts(notification), count=RECORDED)


def unaddressed(payment_id: UUID, merchant_id: str) -> None:
    """The merchant has no endpoint, and wants to hear of nothing."""
    facts: Facts = {"payment.id": payment_id, "merchant.id": merchant_id}
    tell("notification.unaddressed", facts)


def queued(notification: Notification) -> None:
    """The next attempt is due, and a worker will take it.

    `webhook.lost` where a job was made for it before, which never got to a worker.
    """
    facts: Facts = {
        **_facts(notification),
        "webhook.attempt": notification.attempt + 1,
    }
    if notification.is_lost:
        tell("webhook.lost", facts, level="warning")
    else:
        tell("webhook.queued", facts)


def dropped(notification_id: UUID, attempt: int) -> None:
    """The attempt was made before; its job came again."""
    facts: Facts = {"notification.id": notification_id, "webhook.attempt": attempt}
    tell("webhook.repeated", facts)


def attempted(notification: Notification, answer: Answer) -> None:
    """One attempt is over: webhook.delivered, webhook.failed or webhook.dead."""
    state = notification.state
    facts: Facts = {
        **_facts(notification),
        "webhook.attempt": notification.attempt,
        "webhook.outcome": state,
        "webhook.status_class": answer.status_class,
        "webhook.status": answer.status,
        "webhook.next_at": _written(notification.next_at),
        "error.type": answer.error,
    }
    match state:
        case State.DELIVERED:
            tell("webhook.delivered", facts, count=ATTEMPTS)
        case State.DEAD:
            tell("webhook.dead", facts, count=ATTEMPTS, level="error")
        case _:
            tell("webhook.failed", facts, count=ATTEMPTS, level="warning")
    DURATION.record(answer.duration_s, facts)
    if state is State.DELIVERED:
        waited = answer.at - notification.created_at
        DELAY.record(waited.total_seconds() + answer.duration_s, facts)


def waiting(backlog: Backlog, at: datetime) -> None:
    """What waits for its delivery, and how long the oldest does."""
    age = (at - backlog.oldest).total_seconds() if backlog.oldest else 0.0
    PENDING.set(backlog.count, {})
    OLDEST.set(max(age, 0.0), {})


def received(webhook: Received) -> None:
    """The demo's merchant got one, and says what it thinks of it."""
    facts: Facts = {
        "webhook.id": webhook.webhook_id[:64],
        "webhook.signature": webhook.signature,
        "webhook.deliveries": webhook.deliveries,
    }
    well = webhook.signature is Verdict.VALID
    tell("merchant.received", facts, level="info" if well else "warning")


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _facts(notification: Notification) -> dict[str, Value]:
    return {
        "notification.id": notification.id,
        "webhook.id": notification.event_id,
        "webhook.type": notification.type,
        "payment.id": notification.payment_id,
        "merchant.id": notification.merchant_id,
    }
