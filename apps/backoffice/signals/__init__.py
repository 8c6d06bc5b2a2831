"""Every fact that the back office tells."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from apps.kit.signals import Counter, Facts, Gauge, Histogram, tell

from ..domain.alerts import Alert
from ..domain.changes import Change, Flag, Payout
from ..domain.projections import Filling, Projection, Standing

PROJECTED = Counter(
    "backoffice.payments.projected",
    unit="{event}",
    about="Events that reached the back office's view.",
    by=("payment.status",),
)
LAG = Gauge(
    "backoffice.projection.lag",
    unit="s",
    about="For how long the oldest event that is not projected has waited.",
    by=("projection.name",),
)
POSITION = Gauge(
    "backoffice.projection.position",
    unit="{message}",
    about="The place in the stream of the newest event that a projection holds.",
    by=("projection.name",),
)
REBUILT = Counter(
    "backoffice.projections.rebuilt",
    unit="{projection}",
    about="Projections that were made anew from the stream.",
    by=("projection.name",),
)
REBUILD = Histogram(
    "backoffice.rebuild.duration",
    unit="s",
    about="From the first event read again to the last projection replaced.",
    bounds=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250),
)

ALERTS = Counter(
    "backoffice.alerts",
    unit="{alert}",
    about="Alerts that fired, and alerts that were over.",
    by=("alert.severity", "alert.status"),
)


def projected(change: Change) -> None:
    """Merchants can see what happened to the payment."""
    facts: Facts = {
        "payment.id": change.payment_id,
        "payment.status": change.status,
        "payment.version": change.version,
        "merchant.id": change.merchant_id,
    }
    tell("payment.projected", facts, count=PROJECTED)


def flagged(flag: Flag) -> None:
    """Merchants can see what is thought of a card."""
    facts: Facts = {
        "card.token": flag.card_token,
        "card.status": flag.status,
        "card.previous_status": flag.previous,
    }
    tell("card.projected", facts)


def paid_out(payout: Payout) -> None:
    """Merchants can see that they were paid."""
    facts: Facts = {
        "merchant.id": payout.merchant_id,
        "settlement.net": payout.net,
    }
    tell("payout.projected", facts)


def standing(standing: Standing, lag: timedelta) -> None:
    """How far a projection is, and how far behind."""
    facts: Facts = {"projection.name": standing.projection}
    LAG.set(lag.total_seconds(), facts)
    POSITION.set(standing.serving.position, facts)


def rebuild_asked(projection: Projection, target: int) -> None:
    """Somebody wants a projection made anew."""
    facts: Facts = {"projection.name": projection, "projection.target": target}
    tell("rebuild.asked", facts, audit=True)


def rebuild_started(projections: Sequence[Projection]) -> None:
    """The stream is read again from its beginning."""
    tell("rebuild.started", {"projection.names": " ".join(projections)})


def rebuilt(projection: Projection, made: Filling, at: datetime) -> None:
    """A projection that was made anew serves from now on."""
    facts: Facts = {
        "projection.name": projection,
        "projection.generation": made.generation,
        "projection.position": made.position,
        "projection.events": made.events,
        "rebuild.wait": (at - made.asked_at).total_seconds(),
    }
    tell("projection.rebuilt", facts, count=REBUILT)


def rebuild_finished(events: int, skipped: int, took: timedelta) -> None:
    """All that was to be made anew is."""
    facts: Facts = {
        "rebuild.events": events,
        "rebuild.skipped": skipped,
        "rebuild.duration": took.total_seconds(),
    }
    tell("rebuild.finished", facts)
    REBUILD.record(took.total_seconds(), facts)


def rebuild_abandoned(events: int) -> None:
    """Another process began it anew; what was made here is dropped."""
    tell("rebuild.abandoned", {"rebuild.events": events}, level="warning")


def replayed(letter_id: int, consumer: str, event_id: str) -> None:
    """Somebody has a dead letter heard again."""
    facts: Facts = {
        "dlq.letter": letter_id,
        "messaging.consumer.group.name": consumer,
        "messaging.message.id": event_id,
    }
    tell("letter.replayed", facts, level="warning", audit=True)


def alerted(alert: Alert) -> None:
    """Somebody is to look; or need not any more."""
    facts: Facts = {
        "alert.name": alert.name,
        "alert.severity": alert.severity,
        "alert.status": alert.status,
        "alert.subject": alert.subject or None,
        "alert.fingerprint": alert.fingerprint,
        "alert.summary": alert.summary,
        "alert.since": alert.starts_at.isoformat(),
    }
    is_over = alert.ends_at is not None
    tell(
        "alert.resolved" if is_over else "alert.fired",
        facts,
        count=ALERTS,
        level="info" if is_over else "warning",
    )
