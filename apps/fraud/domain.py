"""What fraud knows of a card."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CardRisk:
    """How often a card was used: its decided payments, each counted once."""

    card_token: UUID
    count: int
