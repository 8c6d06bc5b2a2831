"""Every fact that fraud tells."""

from uuid import UUID

from apps.kit.signals import Counter, Facts, tell

from .domain import CardRisk

COUNTED = Counter(
    "fraud.cards.counted",
    unit="{event}",
    about="Decided payments counted against their card.",
)


def counted(payment_id: UUID, risk: CardRisk) -> None:
    """A payment counts for its card."""
    facts: Facts = {
        "payment.id": payment_id,
        "card.token": risk.card_token,
        "card.count": risk.count,
    }
    tell("card.counted", facts, count=COUNTED)
