"""Fakes of what stands behind notifications' ports, and one payment to tell of."""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.kit.events import CloudEvent, event_id
from apps.kit.listeners import Delivered
from apps.kit.putting import Row
from apps.notifications.clients import Secrets
from apps.notifications.domain.notification import (
    Answer,
    Attempt,
    Backlog,
    Delivery,
    History,
    Made,
    Notification,
    Schedule,
    State,
    UnderWay,
)
from apps.notifications.domain.receiver import Receiver
from apps.notifications.events import AUTHORISED, WEBHOOK, PaymentChanged, WebhookJob
from apps.notifications.ports import Ports
from apps.notifications.usecases import deliver, record

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PAYMENT = UUID(int=7)
URL = "http://merchant.test/webhooks"
OPEN = {State.PENDING, State.FAILED}
SCHEDULE = Schedule((5, 30))
LOST_AFTER = timedelta(minutes=10)
SECRETS = Secrets(b"k" * 32)


def authorised(merchant_id: str = "M-01", seq: int = 3, payment: UUID = PAYMENT):
    """An event of a payment, as it is heard."""
    return CloudEvent[PaymentChanged](
        id=event_id(payment, seq),
        source="/payments",
        type=AUTHORISED,
        subject=str(payment),
        time=NOW,
        data=PaymentChanged(
            payment_id=payment,
            merchant_id=merchant_id,
            pos_id="POS-01",
            status="authorised",
            amount=25_000,
            currency="EUR",
            brand="MASTERCARD",
            last4="0007",
            response_code="ACCEPTED",
        ),
    )


def delivered(event) -> Delivered:
    """An event or a job as its stream hands it over, in no trace of its own."""
    return Delivered(event, 1, 0, NOW)


async def hear(ports: Ports, *events) -> None:
    """All of them in one batch."""
    await record([delivered(each) for each in events], ports)


async def work(ports: Ports, *jobs: WebhookJob) -> None:
    """All of them in one batch; raises the first fault of any."""
    batch = [delivered(envelope(each)) for each in jobs]
    await deliver(batch, ports)
    for each in batch:
        if each.attempt.fault:
            raise each.attempt.fault


def envelope(told: WebhookJob) -> CloudEvent[WebhookJob]:
    return CloudEvent[WebhookJob](
        id=event_id(told.notification_id, told.attempt),
        source="/notifications",
        type=WEBHOOK,
        subject=str(told.notification_id),
        time=NOW,
        data=told,
    )


@dataclass
class Clock:
    """Stands still until somebody moves it."""

    at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class FakeStore:
    """Notifications' database, as a few dictionaries."""

    endpoints: dict[str, tuple[str, str]] = field(default_factory=dict)
    kept: dict[UUID, Notification] = field(default_factory=dict)
    leases: dict[UUID, datetime] = field(default_factory=dict)
    attempts: dict[tuple[UUID, int], Attempt] = field(default_factory=dict)
    jobs: list[WebhookJob] = field(default_factory=list)
    ids: set[str | None] = field(default_factory=set)
    """A job of a known id goes out no more: the outbox drops it."""

    async def offer(self, merchant_id: str, url: str) -> None:
        self.endpoints[f"{merchant_id}/webhook"] = (merchant_id, url)

    async def targets(self, merchants: Collection[str]) -> Mapping[str, Sequence[str]]:
        return {
            merchant: [
                ref for ref, (who, _) in self.endpoints.items() if who == merchant
            ]
            for merchant in merchants
        }

    async def keep(
        self, new: Sequence[Notification], jobs: Sequence[Row]
    ) -> Collection[UUID]:
        kept = set()
        for each, job in zip(new, jobs, strict=True):
            known = {(old.target, old.event_id) for old in self.kept.values()}
            if (each.target, each.event_id) not in known:
                self.kept[each.id] = each
                await self.queue([each], [job], each.created_at)
                kept.add(each.id)
        return kept

    async def queue(
        self, due: Sequence[Notification], jobs: Sequence[Row], at: datetime
    ) -> None:
        for each, job in zip(due, jobs, strict=True):
            told = WebhookJob(**json.loads(job["payload"])["data"])
            self.kept[each.id] = replace(each, queued=told.attempt, next_at=at)
            if job["id"] not in self.ids:
                self.jobs.append(told)
            self.ids.add(job["id"])

    async def claim(
        self, jobs: Sequence[WebhookJob], at: datetime, until: datetime
    ) -> Sequence[Delivery | UnderWay | None]:
        return [self._claim(job, at, until) for job in jobs]

    def _claim(
        self, job: WebhookJob, at: datetime, until: datetime
    ) -> Delivery | UnderWay | None:
        found = self.kept.get(job.notification_id)
        if not found or found.attempt != job.attempt - 1 or found.state not in OPEN:
            return None
        if self.leases.get(found.id, at) > at:
            return UnderWay()
        self.leases[found.id] = until
        return Delivery(found, self.endpoints[found.target][1])

    async def finish(self, made: Sequence[Made]) -> Collection[UUID]:
        return {each.notification.id for each in made if self._finish(each)}

    def _finish(self, made: Made) -> bool:
        done, answer = made.notification, made.answer
        if self.kept[done.id].attempt != done.attempt - 1:
            return False
        self.kept[done.id] = done
        self.leases.pop(done.id, None)
        ms = round(answer.duration_s * 1000)
        self.attempts[done.id, done.attempt] = Attempt(
            done.attempt, answer.at, answer.status, answer.error, ms, made.trace_id
        )
        return True

    @asynccontextmanager
    async def due(
        self, at: datetime, lost: datetime
    ) -> AsyncIterator[Sequence[Notification]]:
        yield [
            each
            for each in self.kept.values()
            if each.state in OPEN
            and each.next_at <= at
            and (
                each.queued == each.attempt
                or (each.next_at <= lost and self.leases.get(each.id, at) <= at)
            )
        ]

    async def of_payment(self, payment_id: UUID) -> Sequence[History]:
        return [
            History(each, [t for (id, _), t in self.attempts.items() if id == each.id])
            for each in self.kept.values()
            if each.payment_id == payment_id
        ]

    async def backlog(self) -> Backlog:
        waiting = [n.created_at for n in self.kept.values() if n.state in OPEN]
        return Backlog(len(waiting), min(waiting, default=None))


@dataclass
class FakeMerchants:
    """Answer as they were told to, in this order; then they are content."""

    says: list[int | str] = field(default_factory=list)
    told: list[Delivery] = field(default_factory=list)
    retry_after_s: float = 0.0

    async def tell(self, delivery: Delivery, at: datetime) -> Answer:
        self.told.append(delivery)
        said = self.says.pop(0) if self.says else 204
        if isinstance(said, str):
            return Answer(at, 0.5, error=said)
        return Answer(at, 0.5, said, retry_after_s=self.retry_after_s)


def ports_of(store, merchants=None, clock=None) -> Ports:
    """Ports whose chance is always even: no wait strays from its schedule."""
    return Ports(
        store,
        merchants or FakeMerchants(),
        SCHEDULE,
        LOST_AFTER,
        clock=clock or Clock(),
        chance=lambda: 0.5,
        demo=Receiver(SECRETS.of),
    )


def as_answered(attempts: Sequence[Attempt]) -> list[int | str | None]:
    return [each.status or each.error for each in attempts]


def moved(at: datetime, seconds: float) -> datetime:
    return at + timedelta(seconds=seconds)
