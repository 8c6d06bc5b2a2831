"""What notifications does with the events that it hears, and with its own jobs."""

from apps.kit.events import CloudEvent
from apps.kit.listeners import Listeners

from . import usecases
from .events import (
    AUTHORISED,
    CAPTURED,
    DECLINED,
    REFUNDED,
    SETTLED,
    STANDIN_RECONCILED,
    VOIDED,
    WEBHOOK,
    PaymentChanged,
    WebhookJob,
)
from .usecases import Ports

WORKERS = 4
"""So many slow merchants hold up nobody else; each waits, and costs next to nothing."""

listeners = Listeners()


@listeners.hears(
    AUTHORISED, DECLINED, CAPTURED, VOIDED, REFUNDED, SETTLED, STANDIN_RECONCILED
)
async def record(payment: CloudEvent[PaymentChanged], ports: Ports) -> None:
    """Record what a merchant is to be told of a payment; heard twice, recorded once."""
    await usecases.record(payment, ports)


@listeners.works(WEBHOOK, workers=WORKERS)
async def deliver(job: WebhookJob, ports: Ports) -> None:
    """Try to tell a merchant; done twice by no two workers that live."""
    await usecases.deliver(job, ports)
