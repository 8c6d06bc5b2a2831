"""What the back office does with the events that it hears."""

from apps.kit.listeners import Listeners

from . import usecases
from .events import AUTHORISED, DECLINED, PaymentDecided
from .usecases import Ports

listeners = Listeners()


@listeners.hears(AUTHORISED, DECLINED)
async def project(payment: PaymentDecided, ports: Ports) -> None:
    """Bring the merchant's view up to date."""
    await usecases.project(payment.view(), ports)
