"""What notifications does with the events that it hears, and with its own jobs."""

from collections.abc import Sequence

from apps.kit.listeners import Delivered, Listeners

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
from .ports import Ports

EVENTS = 64
"""So many are recorded at once, in one transaction."""

EVENTS_WITHIN_S = 0.2
"""A merchant does not mind that his webhook waits so long for others to come along."""

WORKERS, JOBS = 8, 12
"""So many batches at once, and so many jobs in one: a merchant that is silent holds up
those of his batch from being acknowledged, and no other's webhook. Fewer in all than
connections that may be open at once (`kit/http.py`)."""

listeners = Listeners()


@listeners.hears(
    AUTHORISED,
    DECLINED,
    CAPTURED,
    VOIDED,
    REFUNDED,
    SETTLED,
    STANDIN_RECONCILED,
    batch=EVENTS,
    linger_s=EVENTS_WITHIN_S,
)
async def record(heard: Sequence[Delivered[PaymentChanged]], ports: Ports) -> None:
    """Record what merchants are to be told of payments; heard twice, recorded once."""
    await usecases.record(heard, ports)


@listeners.works(WEBHOOK, workers=WORKERS, batch=JOBS)
async def deliver(jobs: Sequence[Delivered[WebhookJob]], ports: Ports) -> None:
    """Try to tell merchants; done twice by no two workers that live."""
    await usecases.deliver(jobs, ports)
