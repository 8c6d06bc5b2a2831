"""The names that notifications tells, declared: see `kit/declaring.py`."""

from apps.kit.declaring import Attribute, Event, Span

from ..domain.notification import State
from ..domain.signing import Verdict

_WHICH = "merchant.id notification.id payment.id webhook.id webhook.type"
_TRIED = f"{_WHICH} webhook.attempt webhook.outcome webhook.status_class"

ATTRIBUTES = (
    Attribute("notification.id", str, "One event for one endpoint.", "07df40f5-…"),
    Attribute("webhook.id", str, "The event's id, as the merchant sees it.", "0197…"),
    Attribute("webhook.type", str, "Which event.", "payment.authorised", most=12),
    Attribute("webhook.attempt", int, "Which attempt it is.", 1),
    Attribute("webhook.outcome", str, "What came of the attempt.", values=State),
    Attribute("webhook.status", int, "The merchant's answer.", 204),
    Attribute(
        "webhook.status_class",
        str,
        "The same, as a class; none without an answer.",
        values=("1xx", "2xx", "3xx", "4xx", "5xx", "none"),
    ),
    Attribute(
        "webhook.next_at", str, "When it is tried again.", "2026-03-01T12:00:05Z"
    ),
    Attribute("webhook.signature", str, "What the receiver says.", values=Verdict),
    Attribute("webhook.deliveries", int, "How often the receiver got it.", 1),
)

SPANS = (
    Span(
        "notifications.retry",
        "internal",
        "The next attempt is due, in a trace of its own, linked to the first.",
        "",
        "error.type",
    ),
)

EVENTS = (
    Event("notification.recorded", "The merchant is to be told.", _WHICH),
    Event(
        "notification.unaddressed",
        "The merchant has no endpoint.",
        "merchant.id payment.id",
    ),
    Event("webhook.queued", "An attempt is due.", f"{_WHICH} webhook.attempt"),
    Event(
        "webhook.lost",
        "A job was made for the attempt, and never got to a worker.",
        f"{_WHICH} webhook.attempt",
    ),
    Event(
        "webhook.repeated",
        "The attempt was made before; its job came again.",
        "notification.id webhook.attempt",
    ),
    Event("webhook.delivered", "The merchant took it.", f"{_TRIED} webhook.status"),
    Event(
        "webhook.failed",
        "It is tried again later.",
        f"{_TRIED} webhook.next_at",
        "error.type webhook.status",
    ),
    Event("webhook.dead", "Given up.", _TRIED, "error.type webhook.status"),
    Event(
        "merchant.received",
        "The demo's merchant got one, and says what it thinks of it.",
        "webhook.deliveries webhook.id webhook.signature",
    ),
)
