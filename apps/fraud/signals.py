"""Every fact that fraud tells."""

from collections.abc import Sequence
from uuid import UUID

from apps.kit.declaring import Attribute, Event
from apps.kit.signals import Counter, Facts, Level, tell

from .domain import Assessment, CardRisk, Status

COUNTED = Counter(
    "fraud.cards.counted",
    unit="{event}",
    about="Decided payments counted against their card.",
)
FLAGGED = Counter(
    "fraud.cards.flagged",
    unit="{card}",
    about="Cards whose status changed, by the status they have now.",
    by=("card.status",),
)
ASSESSMENTS = Counter(
    "fraud.assessments",
    unit="{assessment}",
    about="Cards assessed before a payment is authorised.",
    by=("card.status",),
)

_SEEN = "card.count card.status card.token"

ATTRIBUTES = (
    Attribute("card.count", int, "Payments by it within the window.", 3),
    Attribute("card.refused", int, "Refusals of it in a row.", 2),
    Attribute("card.status", str, "What is thought of it.", values=Status),
    Attribute("card.previous_status", str, "What was thought before.", values=Status),
    Attribute("assessment.cards", int, "So many were asked about at once.", 3),
)
EVENTS = (
    Event("card.counted", "A payment counts for its card.", f"{_SEEN} payment.id"),
    Event(
        "card.flagged",
        "A payment changed the status of its card.",
        f"{_SEEN} card.previous_status card.refused payment.id",
    ),
    Event("card.assessed", "A payment by this card is to be authorised.", _SEEN),
    Event("cards.assessed", "Payments by cards are to go on.", "assessment.cards"),
)


def counted(payment_id: UUID, risk: CardRisk) -> None:
    """A payment counts for its card."""
    facts: Facts = {
        "payment.id": payment_id,
        "card.token": risk.card_token,
        "card.count": risk.count,
        "card.status": risk.status,
    }
    tell("card.counted", facts, count=COUNTED)


def flagged(payment_id: UUID, risk: CardRisk, previous: Status) -> None:
    """A payment changed the status of its card."""
    facts: Facts = {
        "payment.id": payment_id,
        "card.token": risk.card_token,
        "card.count": risk.count,
        "card.refused": risk.refused,
        "card.status": risk.status,
        "card.previous_status": previous,
    }
    level: Level = "warning" if risk.status is Status.RED else "info"
    tell("card.flagged", facts, count=FLAGGED, level=level, audit=True)


def assessed(assessment: Assessment) -> None:
    """Somebody wants to authorise a payment with this card; one that looks good is on
    span and metric alone, for all are asked about and whoever asks tells what he heard."""
    facts: Facts = {
        "card.token": assessment.card_token,
        "card.count": assessment.count,
        "card.status": assessment.status,
    }
    level: Level = "debug" if assessment.status is Status.GREEN else "info"
    tell("card.assessed", facts, count=ASSESSMENTS, level=level)


def assessed_together(assessments: Sequence[Assessment]) -> None:
    """Somebody wants to go on with payments by these cards; a card that looks good is
    counted, and named nowhere."""
    for each in assessments:
        if each.status is Status.GREEN:
            ASSESSMENTS.add({"card.status": each.status})
        else:
            assessed(each)
    tell("cards.assessed", {"assessment.cards": len(assessments)})
