"""The streams: what they hold, what of it waits or died, and all of it once more."""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime

from nats.js import JetStreamContext
from pydantic import ValidationError

from apps.kit import dlq, replaying
from apps.kit.dlq import DeadLetter
from apps.kit.errors import DependencyUnavailable
from apps.kit.sending import UNREACHABLE
from apps.kit.values import Clock

from .domain.changes import Heard
from .domain.projections import Extent, Stretch
from .events import FLAGGED, MERCHANT_SETTLED, PAYMENTS, parsed
from .ports import Unheard

STREAM = "PAY"
DURABLE = "backoffice-project"


class PayStream:
    """The stream `PAY`, for one hearer."""

    def __init__(
        self, stream: Callable[[], JetStreamContext], clock: Clock, batch: int
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._batch = batch
        self._waiting_since: datetime | None = None
        self._seen_idle_at: datetime | None = None

    @property
    def waiting_since(self) -> datetime | None:
        return self._waiting_since

    async def look(self) -> None:
        """While the stream is away, all since the last look may be waiting in it."""
        try:
            found = await replaying.waiting_since(self._stream(), STREAM, DURABLE)
        except UNREACHABLE:
            self._waiting_since = self._waiting_since or self._seen_idle_at
            return
        self._waiting_since = found
        if found is None:
            self._seen_idle_at = self._clock()

    async def extent(self) -> Extent:
        with _reached():
            state = (await self._stream().stream_info(STREAM)).state
        return Extent(state.first_seq, state.last_seq)

    async def replayed(self) -> AsyncGenerator[Stretch, None]:
        """What is no event is passed over here, as it was when it was heard live."""
        subjects = (PAYMENTS, MERCHANT_SETTLED, FLAGGED)
        kept = replaying.replayed(self._stream(), STREAM, subjects, self._batch)
        async with aclosing(kept) as batches:
            async for batch in batches:
                heard = [_understood(message) for message in batch.messages]
                good = [each for each in heard if each]
                yield Stretch(good, batch.pending, len(heard) - len(good))


class StreamLetters:
    """The stream of dead letters."""

    def __init__(self, stream: Callable[[], JetStreamContext]) -> None:
        self._stream = stream

    async def oldest(self, limit: int) -> Sequence[DeadLetter]:
        found: list[DeadLetter] = []
        with _reached():
            async for letter in dlq.letters(self._stream()):
                found.append(letter)
                if len(found) == limit:
                    break
        return found

    async def one(self, letter_id: int) -> DeadLetter | None:
        with _reached():
            return await dlq.letter(self._stream(), letter_id)

    async def replay(self, letter: DeadLetter) -> None:
        with _reached():
            try:
                await dlq.replay(self._stream(), letter)
            except dlq.Unreplayable as why:
                raise Unheard(str(why)) from why


@contextmanager
def _reached() -> Iterator[None]:
    try:
        yield
    except UNREACHABLE as away:
        raise DependencyUnavailable("The stream is away.") from away


def _understood(message: replaying.Kept) -> Heard | None:
    try:
        return parsed(message.subject, message.payload, message.stream_seq)
    except ValidationError:
        return None
