"""Ask fraud once for all the cards of a round of steps, just before they are tried."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from ..domain.orders import Screening
from ..domain.sagas import Step
from ..ports import Attempt, Ports
from .alone import alone

ASKING: Final = frozenset({Step.CAPTURE, Step.FRAUD_VOID})
"""Steps that go by what fraud thinks of the card."""


@dataclass(frozen=True)
class Heard:
    """Fraud, as it answered for this round."""

    said: Mapping[UUID, Screening]

    async def screen(self, card_token: UUID) -> Screening:
        return self.said[card_token]

    async def screen_all(self, cards: Collection[UUID]) -> Mapping[UUID, Screening]:
        return {card: self.said[card] for card in cards}


async def screened(attempts: Sequence[Attempt], ports: Ports) -> Ports:
    """The ports of a round, in which fraud was asked about all of its cards; about one
    alone the step asks by itself, in its own trace."""
    asking = (each for each in attempts if each.step in ASKING)
    cards = {each.payment.card.token for each in asking}
    if len(cards) > 1:
        with alone("payments.screen", None):
            said = await ports.fraud.screen_all(cards)
            return replace(ports, fraud=Heard(said))
    return ports
