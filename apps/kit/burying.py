"""What becomes of a message that its hearer cannot take: later again, at last dead.

Only once the dead letter is kept is the original acknowledged. Where it cannot be kept,
the original goes on coming back: nothing is ever lost.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated

from nats.aio.msg import Msg
from nats.js import JetStreamContext
from pydantic import Field, PositiveFloat, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from apps.kit import dlq
from apps.kit.jobs import Every
from apps.kit.sending import UNREACHABLE, send
from apps.kit.signals import Counter, Gauge, Value, tell

DEAD = Counter(
    "dlq.messages",
    unit="{message}",
    about="Messages that were given up and kept as dead letters.",
    by=("messaging.consumer.group.name", "error.type"),
    most=60,
)
DEPTH = Gauge(
    "dlq.depth",
    unit="{message}",
    about="Dead letters that wait for a replay.",
    by=("messaging.consumer.group.name",),
)

POLL_S = 10.0
"""How often a service counts its own dead letters."""


class NeverFinished(Exception):
    """The message was delivered often, and no process lived to say how it went."""


class Hearing(BaseSettings):
    """How patient every hearer is."""

    model_config = SettingsConfigDict(env_prefix="HEARING_", frozen=True)

    delays_s: Annotated[tuple[PositiveFloat, ...], NoDecode] = Field(
        (0.5, 2, 8, 30, 60), min_length=1
    )
    """Seconds that a message waits after each failure, separated by commas; one failure
    more, and it is dead. A hearer's database may be away for their sum before anything
    has to be replayed."""

    @field_validator("delays_s", mode="before")
    @classmethod
    def _split(cls, given: object) -> object:
        return given.split(",") if isinstance(given, str) else given


class Burial:
    """Gives a service's failed messages back, or buries them."""

    def __init__(
        self, service: str, hearing: Hearing, stream: Callable[[], JetStreamContext]
    ) -> None:
        self._service = service
        self._delays = hearing.delays_s
        self._stream = stream

    def forbid_killer(self, raw: Msg, *, failed_here: bool) -> None:
        """A message that takes its process down with it is not tried for ever."""
        enough = 2 * (len(self._delays) + 1)
        if not failed_here and (raw.metadata.num_delivered or 1) > enough:
            raise NeverFinished

    async def after(self, raw: Msg, facts: dict[str, str], fault: Exception) -> None:
        """A delivery failed; the facts say of what."""
        attempt = raw.metadata.num_delivered or 1
        delay = self._delays[min(attempt, len(self._delays)) - 1]
        told: dict[str, Value] = {
            **facts,
            "messaging.message.id": (raw.headers or {}).get("Nats-Msg-Id", ""),
            "messaging.message.delivery.attempt": attempt,
        }
        if attempt > len(self._delays) and await self._bury(raw, facts["error.type"]):
            tell("message.dead", told, count=DEAD, level="error", fault=fault)
            with suppress(*UNREACHABLE):  # unsaid, it dies again, and is kept once
                await raw.ack_sync()
            return
        told["message.delay"] = delay
        tell("message.postponed", told, level="warning", fault=fault)
        with suppress(*UNREACHABLE):  # unsaid, it comes back after `ack_wait`
            await raw.nak(delay=delay)

    async def _bury(self, raw: Msg, error: str) -> bool:
        letter = dlq.written(self._service, raw, error)
        return await send(self._stream(), letter) is not None


class Depth(Every):
    """Counts a service's dead letters, beside its other work."""

    def __init__(self, service: str, stream: Callable[[], JetStreamContext]) -> None:
        super().__init__("dlq.measure", POLL_S, self._count, at_once=True)
        self._service = service
        self._stream = stream
        self._known: set[str] = set()

    def watch(self, consumer: str) -> None:
        """Tell its figure from the start, though it be 0."""
        self._known.add(dlq.subject_of(self._service, consumer))

    async def _count(self) -> None:
        """Who had dead letters and has none any more is told as well, as 0."""
        ours = dlq.subject_of(self._service, ">")
        try:
            info = await self._stream().stream_info("DLQ", subjects_filter=ours)
        except UNREACHABLE:
            return  # the figure stays as it was
        counts = info.state.subjects or {}
        self._known |= counts.keys()
        for subject in self._known:
            consumer = subject.rpartition(".")[2]
            facts = {"messaging.consumer.group.name": consumer}
            DEPTH.set(counts.get(subject, 0), facts)
