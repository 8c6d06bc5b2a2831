"""Takes what a durable consumer has, batch by batch: effects first, then acks.

A batch of several is one work with a trace of its own, linked to its messages. If that
fails, each message is done again alone, so that whichever cannot be heard fails alone.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from nats.aio.client import Client
from nats.aio.msg import Msg
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

from apps.kit.burying import Burial
from apps.kit.crashing import crash_point
from apps.kit.delivery import Delivery, is_for, linked
from apps.kit.handling import Effects
from apps.kit.pulling import Pull
from apps.kit.sending import UNREACHABLE
from apps.kit.signals import Facts, failed, started, tell

ACK_WAIT_S = 10
"""The stream gives a message to another hearer after so long a silence."""

HELD_EVERY_S = 3.0
"""What waits while others are done alone is not to come again meanwhile."""

LEAVES_WITHIN_S = 8.0
"""A batch that began may end; broken off, its messages come again."""

AGAIN_AFTER_S = 0.5


class Consumer:
    """Hears as one durable consumer: events in one batch after the other, and of jobs
    as many batches side by side as there are workers."""

    def __init__(self, effects: Effects, stream: str, burial: Burial) -> None:
        self._effects = effects
        self._stream = stream
        self._burial = burial
        self._pull: Pull | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_leaving = False

    async def start(self, client: Client) -> None:
        listener = self._effects.listener
        self._pull = pull = Pull(
            client, self._stream, self._effects.name, listener.batch, listener.linger_s
        )
        await pull.start()
        self._task = asyncio.create_task(self._run(pull))

    async def stop(self) -> None:
        """No message is left half done; those not begun are given back."""
        self._is_leaving = True
        if not (self._task and self._pull):
            return
        self._pull.close()
        await asyncio.wait([self._task], timeout=LEAVES_WITHIN_S)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._pull.give_back()

    def renew(self) -> None:
        """The server is another one, or forgot us."""
        if self._pull:
            self._pull.renew()

    async def _run(self, pull: Pull) -> None:
        free = asyncio.Semaphore(self._effects.listener.workers or 1)
        async with asyncio.TaskGroup() as under_way:
            await free.acquire()
            while messages := await pull.batch():
                work = under_way.create_task(self._work(messages))
                work.add_done_callback(lambda _done: free.release())
                await free.acquire()

    async def _work(self, messages: Sequence[Msg]) -> None:
        try:
            await self.take(messages)
        except Exception as fault:  # noqa: BLE001  (told, and they come again)
            facts: Facts = {"error.type": type(fault).__qualname__}
            tell("hearing.interrupted", facts, level="error", fault=fault)
            await asyncio.sleep(AGAIN_AFTER_S)

    async def take(self, messages: Sequence[Msg]) -> None:
        """Give each message its effect, or let burial decide; acknowledge what is done."""
        name = self._effects.name
        done = [raw for raw in messages if not is_for(name, raw)]
        ours = [raw for raw in messages if is_for(name, raw)]
        ours.sort(key=lambda raw: raw.metadata.sequence.stream)
        batch = [Delivery(raw, len(ours)) for raw in ours]
        sound = [each for each in batch if await self._is_sound(each)]
        if len(sound) > 1 and await self._together(sound):
            kept = [each for each in sound if await self._went_well(each)]
        else:
            kept = await self._one_by_one(sound)
        if kept:
            crash_point("inbox.before_ack")
        await _acknowledge([*done, *(each.raw for each in kept)])
        for each in kept:
            each.end()

    async def _is_sound(self, each: Delivery) -> bool:
        try:
            self._burial.forbid_killer(each.raw, failed_here=each.failed_here)
            each.read(self._effects.listener)
        except Exception as fault:  # noqa: BLE001  (told, and delivered again)
            await self._fail(each, fault)
            return False
        return True

    async def _together(self, batch: Sequence[Delivery]) -> bool:
        """All in one transaction, under a span of its own."""
        work, links = self._effects.work, linked(batch)
        with started(work, SpanKind.INTERNAL, context=Context(), links=links) as span:
            for each in batch:
                each.span.add_link(span.get_span_context())
            try:
                await self._effects.of(batch)
            except Exception as fault:  # noqa: BLE001  (told, and done one by one)
                failed(span, fault)
                facts: Facts = {
                    "messaging.consumer.group.name": self._effects.name,
                    "messaging.batch.message_count": len(batch),
                    "error.type": type(fault).__qualname__,
                }
                tell("batch.divided", facts, level="warning", fault=fault)
                return False
        return True

    async def _one_by_one(self, batch: Sequence[Delivery]) -> list[Delivery]:
        held_at = time.monotonic()
        kept: list[Delivery] = []
        for nth, each in enumerate(batch):
            if self._is_leaving and nth:
                await _give_back(each)
                continue
            if time.monotonic() - held_at > HELD_EVERY_S:
                await self._hold([*kept, *batch[nth:]])
                held_at = time.monotonic()
            if await self._alone(each):
                kept.append(each)
        return kept

    async def _alone(self, each: Delivery) -> bool:
        try:
            with each.telling():
                await self._effects.of([each])
        except Exception as fault:  # noqa: BLE001  (told, and delivered again)
            await self._fail(each, fault)
            return False
        return await self._went_well(each)

    async def _went_well(self, each: Delivery) -> bool:
        """Whether the function itself says so, job by job."""
        if each.fault:
            await self._fail(each, each.fault)
        return each.fault is None

    async def _fail(self, each: Delivery, fault: Exception) -> None:
        each.fail(fault)
        with each.telling():
            await self._burial.after(each.raw, each.facts, fault)
        each.end()

    async def _hold(self, waiting: Sequence[Delivery]) -> None:
        with suppress(*UNREACHABLE):
            for each in waiting:
                await each.raw.in_progress()
            if self._pull:
                await self._pull.hold()


async def _give_back(each: Delivery) -> None:
    with suppress(*UNREACHABLE):  # unsaid, it comes back after `ACK_WAIT_S`
        await each.raw.nak()
    each.end()


async def _acknowledge(done: Sequence[Msg]) -> None:
    """All are sent, then the last is waited for: the server takes them in their order.

    What is not acknowledged comes again, and is known then.
    """
    try:
        for raw in done[:-1]:
            await raw.ack()
        for raw in done[-1:]:
            await raw.ack_sync()
    except UNREACHABLE as fault:
        facts: Facts = {
            "messaging.batch.message_count": len(done),
            "error.type": type(fault).__qualname__,
        }
        tell("messages.unacknowledged", facts, level="warning", fault=fault)
