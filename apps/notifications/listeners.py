"""What notifications does with the events that it hears."""

from apps.kit.listeners import Listeners

from . import usecases
from .events import AUTHORISED, DECLINED, PaymentDecided
from .usecases import Ports

listeners = Listeners()


@listeners.hears(AUTHORISED, DECLINED)
async def record(payment: PaymentDecided, ports: Ports) -> None:
    """Record a payment's answer for its merchant; heard twice, recorded once."""
    await usecases.record(payment.notification(), ports)
