"""What payments does with the events that it hears."""

from apps.kit.listeners import Listeners

from .events import CARD_FLAGGED, HOLD_REVERSED, CardFlagged, HoldReversed
from .ports import Ports
from .usecases import heed

listeners = Listeners()


@listeners.hears(CARD_FLAGGED)
async def void_flagged(card: CardFlagged, ports: Ports) -> None:
    """Void what a card that turned RED has not paid yet."""
    await heed.void_flagged(card.card_token, card.status, card.count, ports)


@listeners.hears(HOLD_REVERSED)
async def confirm_reversal(hold: HoldReversed, ports: Ports) -> None:
    """Note that the bank let a hold go, also where its answer was lost."""
    await heed.confirm_let_go(hold.request_id, ports, tombstone=hold.tombstone)
