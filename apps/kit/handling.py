"""What is done with each message: it is read, heard once, and acknowledged after."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

from faststream import ContextRepo
from faststream.nats import NatsMessage

from apps.kit import inbox
from apps.kit.crashing import crash_point
from apps.kit.database import Database
from apps.kit.events import CloudEvent
from apps.kit.listeners import Delivered, Listener
from apps.kit.signals import of_effects


def handler(
    name: str, listener: Listener, ports: Any, database: Database, context: ContextRepo
) -> Callable[..., Awaitable[None]]:
    """Remember the event and give it its effect in one transaction, then acknowledge.

    A job is nobody's but its worker's: its own state says whether it is done. FastStream
    would hand over the message as a parameter too, and ask a thread for it each time.
    """

    async def handle(event: Any) -> None:
        message: NatsMessage = context.get_local("message")
        delivered = _delivered(event, message)
        if listener.workers:
            await listener.hear(delivered, ports)
        else:
            async with database.transaction() as db:
                with of_effects():
                    if await inbox.is_new(db, name, event.id):
                        await listener.hear(delivered, ports)
        crash_point("inbox.before_ack")
        await message.ack_sync()

    handle.__name__ = listener.handler.__name__
    handle.__annotations__["event"] = CloudEvent[listener.payload]  # type: ignore[name-defined]
    return handle


def _delivered(event: Any, message: NatsMessage) -> Delivered[Any]:
    seen = message.raw_message.metadata
    return Delivered(event, seen.sequence.stream, seen.num_pending, seen.timestamp)


async def decoded(message: NatsMessage) -> Any:
    """CloudEvents are JSON under a media type of their own.

    What is no JSON becomes nothing, which is no event: it fails as one that is heard.
    """
    try:
        return json.loads(message.body)
    except (ValueError, RecursionError):
        return None
