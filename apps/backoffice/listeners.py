"""What the back office does with the events that it hears."""

from apps.kit.listeners import Delivered, Listeners

from .events import FLAGGED, MERCHANT_SETTLED, PAYMENTS, Anything, read
from .ports import Ports
from .usecases import projecting

listeners = Listeners()


@listeners.hears(PAYMENTS, MERCHANT_SETTLED, FLAGGED)
async def project(delivered: Delivered[Anything], ports: Ports) -> None:
    """Bring what merchants see up to date."""
    heard = read(delivered.event, delivered.stream_seq)
    await projecting.project(heard, ports)
