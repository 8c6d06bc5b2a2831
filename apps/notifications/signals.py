"""Every fact that notifications tells."""

from apps.kit.signals import Counter, Facts, tell

from .domain import Notification

RECORDED = Counter(
    "notifications.recorded",
    unit="{event}",
    about="Notifications recorded for merchants.",
    by=("payment.verdict",),
)


def recorded(notification: Notification) -> None:
    """The merchant is to be told."""
    facts: Facts = {
        "payment.id": notification.payment_id,
        "payment.verdict": notification.status,
        "merchant.id": notification.merchant_id,
    }
    tell("notification.recorded", facts, count=RECORDED)
