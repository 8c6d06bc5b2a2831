"""What the back office does with the events that it hears."""

from collections.abc import Sequence

from apps.kit.listeners import Delivered, Listeners

from .events import FLAGGED, MERCHANT_SETTLED, PAYMENTS, Anything, read
from .ports import Ports
from .usecases import projecting

LINGER_S = 0.2
"""So late a merchant may see what happened: ten statements bring one event up to date, or
all that came meanwhile."""

listeners = Listeners()


@listeners.hears(PAYMENTS, MERCHANT_SETTLED, FLAGGED, batch=64, linger_s=LINGER_S)
async def project(batch: Sequence[Delivered[Anything]], ports: Ports) -> None:
    """Bring what merchants see up to date."""
    heard = [read(each.event, each.stream_seq) for each in batch]
    await projecting.project(heard, ports)
    for delivered, each in zip(batch, heard, strict=True):
        with delivered.telling():
            projecting.tell(each)
