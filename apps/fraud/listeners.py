"""What fraud does with the events that it hears."""

from collections.abc import Sequence

from apps.kit.listeners import Delivered, Listeners

from . import usecases
from .events import AUTHORISED, DECLINED, PaymentDecided
from .usecases import Ports

LINGER_S = 0.1
"""A card that turned RED pays so much longer; well below the second that is allowed."""

listeners = Listeners()


@listeners.hears(AUTHORISED, DECLINED, batch=64, linger_s=LINGER_S)
async def count_card(batch: Sequence[Delivered[PaymentDecided]], ports: Ports) -> None:
    """Count the card behind a payment; heard twice, counted once."""
    await usecases.count_cards(batch, ports)
