"""What notifications can be asked to do."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from uuid import UUID

from apps.kit import outbox
from apps.kit.errors import Unauthenticated
from apps.kit.listeners import Delivered
from apps.kit.sending import traceparent
from apps.kit.signals import follow, of_effects, trace_id

from . import signals
from .domain.notification import Delivery, History, Made, UnderWay, after
from .domain.signing import Verdict
from .events import PaymentChanged, WebhookJob, job, notification
from .ports import Ports

LEASE = timedelta(seconds=8)
"""Longer than any attempt takes; then its worker counts as dead."""

KEPT_EVERY_S = 0.25
"""Who answers is kept after so long, though others of the batch are still silent."""


class Unsigned(Unauthenticated):
    title = "The webhook is not signed as it should be"
    headers = MappingProxyType({})


async def record(heard: Sequence[Delivered[PaymentChanged]], ports: Ports) -> None:
    """Keep what merchants are to be told, with the jobs to tell them."""
    at = ports.clock()
    merchants = {each.event.data.merchant_id for each in heard}
    targets = await ports.store.targets(merchants)
    told, new, jobs = [], [], []
    for each in heard:
        with each.telling():
            merchant = each.event.data.merchant_id
            for target in targets[merchant]:
                made = notification(each.event, target, at, traceparent())
                told.append(each)
                new.append(made)
                jobs.append(outbox.row(job(made, at)))
            if not targets[merchant]:
                signals.unaddressed(each.event.data.payment_id, merchant)
    kept = set(await ports.store.keep(new, jobs))
    for each, made in zip(told, new, strict=True):
        if made.id in kept:
            kept.remove(made.id)
            with each.telling():
                signals.recorded(made)


async def deliver(jobs: Sequence[Delivered[WebhookJob]], ports: Ports) -> None:
    """Make attempts side by side; what comes of each is kept, and when the next is due.

    Who is silent holds up nobody's answer: those that have come are kept meanwhile.
    """
    at = ports.clock()
    asked = [each.event.data for each in jobs]
    claims = await ports.store.claim(asked, at, at + LEASE)
    under_way = {
        asyncio.create_task(_attempt(each, delivery, at, ports))
        for each, delivery in _ours(jobs, claims)
    }
    try:
        while under_way:
            done, under_way = await asyncio.wait(under_way, timeout=KEPT_EVERY_S)
            await _keep([made for each in done if (made := each.result())], ports)
    finally:
        for each in under_way:
            each.cancel()


def _ours(
    jobs: Sequence[Delivered[WebhookJob]], claims: Sequence[Delivery | UnderWay | None]
) -> Iterator[tuple[Delivered[WebhookJob], Delivery]]:
    """Those that nobody made, and nobody else is at."""
    for each, claim in zip(jobs, claims, strict=True):
        if isinstance(claim, Delivery):
            yield each, claim
        elif isinstance(claim, UnderWay):
            each.fail(claim)
        else:
            with each.telling():
                signals.dropped(
                    each.event.data.notification_id, each.event.data.attempt
                )


_Told = tuple[Delivered[WebhookJob], Made]


async def _attempt(
    job: Delivered[WebhookJob], delivery: Delivery, at: datetime, ports: Ports
) -> _Told | None:
    """Tell a merchant, in the trace of the job; nothing where that could not be done."""
    with job.telling():
        try:
            answer = await ports.merchants.tell(delivery, at)
        except Exception as fault:  # noqa: BLE001  (told, and its job comes again)
            job.fail(fault)
            return None
        chance = ports.chance()
        done = after(delivery.notification, answer, ports.schedule, chance)
        return job, Made(done, answer, trace_id())


async def _keep(told: Sequence[_Told], ports: Ports) -> None:
    if not told:
        return
    kept = await ports.store.finish([made for _, made in told])
    for each, made in told:
        if made.notification.id in kept:
            with each.telling():
                signals.attempted(made.notification, made.answer)


async def retry(ports: Ports) -> None:
    """Make jobs of what is due or was lost, each in a trace of its own."""
    at, jobs = ports.clock(), []
    async with ports.store.due(at, at - ports.lost_after) as waiting:
        for each in waiting:
            with follow("notifications.retry", each.traceparent), of_effects():
                jobs.append(outbox.row(job(each, at)))
                signals.queued(each)
        await ports.store.queue(waiting, jobs, at)


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
    if behaviour.delay_ms:
        await asyncio.sleep(behaviour.delay_ms / 1000)
    if webhook.signature is not Verdict.VALID:
        raise Unsigned(f"The signature is {webhook.signature}.")
    return behaviour.status
