"""The names that the back office tells, declared: see `kit/declaring.py`."""

from apps.kit.declaring import Attribute, Event

from ..domain.alerts import Status
from ..domain.projections import Projection

_ALERT = (
    "alert.fingerprint alert.name alert.severity alert.since alert.status alert.summary"
)

ATTRIBUTES = (
    Attribute("alert.name", str, "Its page: docs/runbooks.", "BankSlow", most=40),
    Attribute(
        "alert.severity",
        str,
        "Who is woken by it.",
        values=("page", "ticket", "info"),
    ),
    Attribute("alert.status", str, "Whether it is over.", values=Status),
    Attribute("alert.subject", str, "The service that it is about.", "bank"),
    Attribute("alert.fingerprint", str, "Stands for its labels.", "9a3c5f0de1b2a7c4"),
    Attribute(
        "alert.summary", str, "What is wrong, in a sentence.", "The bank is slow"
    ),
    Attribute("alert.since", str, "When it began.", "2026-03-01T12:00:05+00:00"),
    Attribute("payment.version", int, "Which event of its payment it is.", 2),
    Attribute("projection.name", str, "Which view.", values=Projection),
    Attribute("projection.names", str, "Several, between blanks.", "payment_view"),
    Attribute("projection.generation", int, "How often it was made anew.", 11),
    Attribute("projection.position", int, "Its place in the stream.", 5310),
    Attribute("projection.target", int, "The place that it must reach to serve.", 5310),
    Attribute("projection.events", int, "Events that it holds.", 5290),
    Attribute("rebuild.wait", float, "Seconds since it was asked for.", 2.4),
    Attribute("rebuild.events", int, "Events that were read again.", 5310),
    Attribute("rebuild.skipped", int, "Events that could not be read.", 0),
    Attribute("rebuild.duration", float, "Seconds that it took.", 1.9),
)

EVENTS = (
    Event("alert.fired", "Somebody is to look.", _ALERT, "alert.subject"),
    Event("alert.resolved", "Nobody need look any more.", _ALERT, "alert.subject"),
    Event(
        "payment.projected",
        "Merchants can see what happened to the payment.",
        "merchant.id payment.id payment.status payment.version",
    ),
    Event(
        "card.projected",
        "Merchants can see what is thought of a card.",
        "card.status card.token",
        "card.previous_status",
    ),
    Event(
        "payout.projected",
        "Merchants can see that they were paid.",
        "merchant.id settlement.net",
    ),
    Event(
        "rebuild.asked",
        "Somebody wants a projection made anew.",
        "projection.name projection.target",
    ),
    Event(
        "rebuild.started",
        "The stream is read again from its beginning.",
        "projection.names",
    ),
    Event(
        "projection.rebuilt",
        "A projection that was made anew serves from now on.",
        "projection.events projection.generation projection.name projection.position"
        " rebuild.wait",
    ),
    Event(
        "rebuild.finished",
        "All that was to be made anew is.",
        "rebuild.duration rebuild.events rebuild.skipped",
    ),
    Event(
        "rebuild.abandoned",
        "Another process began it anew; what was made here is dropped.",
        "rebuild.events",
    ),
    Event(
        "letter.replayed",
        "Somebody has a dead letter heard again.",
        "dlq.letter messaging.consumer.group.name messaging.message.id",
    ),
)
