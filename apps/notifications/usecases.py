"""What notifications can be asked to do."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol
from uuid import UUID

from apps.kit.errors import Unauthenticated
from apps.kit.events import CloudEvent
from apps.kit.sending import traceparent
from apps.kit.signals import follow, span, trace_id
from apps.kit.values import Clock

from . import signals
from .domain.notification import (
    Answer,
    Backlog,
    Delivery,
    History,
    Notification,
    Schedule,
    after,
)
from .domain.receiver import Receiver
from .domain.signing import Verdict
from .events import PaymentChanged, WebhookJob, job, notification

LEASE = timedelta(seconds=8)
"""Longer than any attempt takes; then its worker counts as dead."""


class Unsigned(Unauthenticated):
    title = "The webhook is not signed as it should be"
    headers = MappingProxyType({})


class Store(Protocol):
    async def targets(self, merchant_id: str) -> Sequence[str]: ...
    async def keep(
        self, notification: Notification, job: CloudEvent[WebhookJob]
    ) -> bool: ...
    async def claim(
        self, job: WebhookJob, at: datetime, until: datetime
    ) -> Delivery | None: ...
    async def finish(
        self, notification: Notification, answer: Answer, trace_id: str
    ) -> bool: ...
    def due(
        self, at: datetime, lost: datetime
    ) -> AbstractAsyncContextManager[Sequence[Notification]]: ...
    async def queue(self, job: CloudEvent[WebhookJob]) -> None: ...
    async def of_payment(self, payment_id: UUID) -> Sequence[History]: ...
    async def backlog(self) -> Backlog: ...


class Merchants(Protocol):
    async def tell(self, delivery: Delivery, at: datetime) -> Answer: ...


@dataclass(frozen=True)
class Ports:
    store: Store
    merchants: Merchants
    schedule: Schedule
    lost_after: timedelta
    clock: Clock
    chance: Callable[[], float]
    demo: Receiver


@span("notifications.record")
async def record(event: CloudEvent[PaymentChanged], ports: Ports) -> None:
    """Keep what a merchant is to be told, with the job to tell it."""
    at, merchant = ports.clock(), event.data.merchant_id
    targets = await ports.store.targets(merchant)
    for target in targets:
        new = notification(event, target, at, traceparent())
        if await ports.store.keep(new, job(new, at)):
            signals.recorded(new)
    if not targets:
        signals.unaddressed(event.data.payment_id, merchant)


@span("notifications.deliver")
async def deliver(job: WebhookJob, ports: Ports) -> None:
    """Make one attempt; what comes of it is kept, and when there is another one."""
    at = ports.clock()
    delivery = await ports.store.claim(job, at, at + LEASE)
    if delivery is None:
        signals.dropped(job.notification_id, job.attempt)
        return
    answer = await ports.merchants.tell(delivery, at)
    done = after(delivery.notification, answer, ports.schedule, ports.chance())
    if await ports.store.finish(done, answer, trace_id()):
        signals.attempted(done, answer)


async def retry(ports: Ports) -> None:
    """Make jobs of what is due or was lost, each in a trace of its own."""
    at = ports.clock()
    async with ports.store.due(at, at - ports.lost_after) as waiting:
        for each in waiting:
            with follow("notifications.retry", each.traceparent):
                await ports.store.queue(job(each, at))
                signals.queued(each)


async def measure(ports: Ports) -> None:
    """Tell how much waits for its delivery, and how long."""
    signals.waiting(await ports.store.backlog(), ports.clock())


async def of_payment(
    payment_id: UUID, merchant_id: str | None, ports: Ports
) -> Sequence[History]:
    """List what a merchant is told of a payment, and how that went.

    Who asks for one merchant sees nothing of another's; None asks for them all.
    """
    found = await ports.store.of_payment(payment_id)
    return [
        each
        for each in found
        if merchant_id is None or each.notification.merchant_id == merchant_id
    ]


async def receive(sent: Mapping[str, str], body: bytes, ports: Ports) -> int:
    """The merchant's side: check and remember a webhook; the status to answer with."""
    webhook = ports.demo.receive(sent, body, ports.clock())
    signals.received(webhook)
    behaviour = ports.demo.behaviour
    await asyncio.sleep(behaviour.delay_ms / 1000)
    if webhook.signature is not Verdict.VALID:
        raise Unsigned(f"The signature is {webhook.signature}.")
    return behaviour.status
