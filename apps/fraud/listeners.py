"""What fraud does with the events that it hears."""

from apps.kit.listeners import Listeners

from . import usecases
from .events import AUTHORISED, DECLINED, PaymentDecided
from .usecases import Ports

listeners = Listeners()


@listeners.hears(AUTHORISED, DECLINED)
async def count_card(payment: PaymentDecided, ports: Ports) -> None:
    """Count the card behind a payment; heard twice, counted once."""
    await usecases.count_card(payment, ports)
