"""What notifications can be asked to do, with a fake store and with PostgreSQL."""

import asyncio
import json
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.kit.sending import traceparent
from apps.kit.signals import span
from apps.notifications.domain.notification import State, UnderWay
from apps.notifications.events import WebhookJob, job, notification
from apps.notifications.usecases import LEASE, measure, of_payment, retry

from .fakes import (
    LOST_AFTER,
    NOW,
    PAYMENT,
    FakeStore,
    as_answered,
    authorised,
    hear,
    work,
)

FIRST = notification(authorised(), "M-01/webhook", NOW, None)


def attempt(number: int) -> WebhookJob:
    return WebhookJob(notification_id=FIRST.id, target_ref=FIRST.target, attempt=number)


async def jobs_of(store):
    """Every job that left for the stream, oldest first."""
    if isinstance(store, FakeStore):
        return store.jobs
    async with store._database.connection() as db:
        rows = await db.fetch("SELECT payload FROM outbox ORDER BY seq")
    return [WebhookJob(**json.loads(row["payload"])["data"]) for row in rows]


async def history(ports):
    (found,) = await of_payment(PAYMENT, None, ports)
    return found


async def test_a_merchant_is_told_of_its_own_payments_only(ports, told):
    await hear(ports, authorised("M-01"))
    await hear(ports, authorised("M-02", payment=uuid4()))

    kept = (await history(ports)).notification
    assert (kept.id, kept.merchant_id, kept.state) == (FIRST.id, "M-01", State.PENDING)
    assert (kept.attempt, kept.next_at) == (0, NOW)
    assert (
        told.counted("notifications.recorded", webhook_type="payment.authorised") == 2
    )


async def test_an_event_recorded_twice_is_told_once(ports, told):
    for _ in range(2):
        await hear(ports, authorised())

    assert len(await of_payment(PAYMENT, None, ports)) == 1
    assert told.counted("notifications.recorded") == 1


async def test_each_event_of_a_payment_is_told(ports, told):
    for seq in (3, 4, 5):
        await hear(ports, authorised(seq=seq))

    assert len(await of_payment(PAYMENT, None, ports)) == 3


async def test_a_merchant_without_an_endpoint_is_not_told(ports, told):
    await hear(ports, authorised("M-99"))

    assert await of_payment(PAYMENT, None, ports) == []
    assert told.event("notification.unaddressed")["merchant.id"] == "M-99"


async def test_a_webhook_is_delivered_and_its_attempt_kept(ports, merchants, told):
    await hear(ports, authorised())

    await span("test.work")(work)(ports, attempt(1))

    found = await history(ports)
    (made,) = found.attempts
    assert (found.notification.state, found.notification.attempt) == ("delivered", 1)
    assert (made.attempt, made.at, made.status, made.error) == (1, NOW, 204, None)
    assert made.duration_ms == 500
    trace = told.span("test.work").context.trace_id
    assert made.trace_id == f"{trace:032x}"
    assert [each.notification.body for each in merchants.told] == [FIRST.body]


async def test_a_delivery_is_told_alike_on_span_log_and_metric(ports, merchants, told):
    merchants.says = [503]
    await hear(ports, authorised())

    await span("test.work")(work)(ports, attempt(1))

    line, made = told.event("webhook.failed"), told.span("test.work")
    assert line["level"] == "warning"
    for fact in ("notification.id", "payment.id", "webhook.attempt", "webhook.status"):
        assert line[fact] == made.attributes[fact]
    labels = {"webhook_outcome": "failed", "webhook_status_class": "5xx"}
    assert told.counted("webhooks.attempts", **labels) == 1
    assert told.counted("webhooks.duration", webhook_outcome="failed") == 1


async def test_a_merchant_that_fails_is_told_again_until_it_takes_it(
    ports, merchants, clock, told
):
    merchants.says = [500, "ReadTimeout"]
    await hear(ports, authorised())

    await work(ports, attempt(1))
    for number, wait in ((2, 5), (3, 30)):
        await retry(ports)
        assert told.events("webhook.queued") == []
        clock.pass_by(wait + 1)
        await retry(ports)
        assert told.event("webhook.queued")["webhook.attempt"] == number
        told.forget()
        await work(ports, attempt(number))

    found = await history(ports)
    assert found.notification.state is State.DELIVERED
    assert as_answered(found.attempts) == [500, "ReadTimeout", 204]
    assert {each.notification.event_id for each in merchants.told} == {FIRST.event_id}
    assert len({each.notification.body for each in merchants.told}) == 1
    assert told.event("webhook.delivered")["webhook.attempt"] == 3


async def test_who_fails_too_often_is_told_no_more(ports, merchants, clock, told):
    merchants.says = [500] * 3
    await hear(ports, authorised())

    for number in (1, 2, 3):
        await work(ports, attempt(number))
        clock.pass_by(3600)
        await retry(ports)

    found = (await history(ports)).notification
    assert (found.state, found.attempt, found.next_at) == (State.DEAD, 3, None)
    assert told.event("webhook.dead")["level"] == "error"
    assert len(told.events("webhook.queued")) == 2


async def test_who_is_gone_is_told_no_more(ports, merchants, clock, told):
    merchants.says = [410]
    await hear(ports, authorised())

    await work(ports, attempt(1))

    assert (await history(ports)).notification.state is State.DEAD
    labels = {"webhook_outcome": "dead", "webhook_status_class": "4xx"}
    assert told.counted("webhooks.attempts", **labels) == 1


async def test_a_job_that_comes_twice_is_done_once(ports, merchants, told):
    await hear(ports, authorised())

    for _ in range(2):
        await work(ports, attempt(1))

    assert len(merchants.told) == 1
    assert told.event("webhook.repeated")["webhook.attempt"] == 1


async def test_a_job_of_an_attempt_long_past_or_not_yet_due_does_nothing(
    ports, merchants, told
):
    merchants.says = [500]
    await hear(ports, authorised())
    await work(ports, attempt(1))

    for number in (1, 3):
        await work(ports, attempt(number))

    assert len(merchants.told) == 1


async def test_two_workers_at_one_job_tell_the_merchant_once(ports, merchants, told):
    await hear(ports, authorised())

    done = await asyncio.gather(
        *(work(ports, attempt(1)) for _ in range(5)), return_exceptions=True
    )

    assert len(merchants.told) == 1
    assert {type(each) for each in done} <= {UnderWay, type(None)}
    assert len((await history(ports)).attempts) == 1


async def test_what_a_dead_worker_left_is_done_when_its_lease_is_over(
    ports, merchants, clock, store, told
):
    """It died between the claim and the answer, whether or not it had asked."""
    await hear(ports, authorised())
    assert await store.claim([attempt(1)], NOW, NOW + LEASE)

    clock.pass_by(LEASE.total_seconds() - 1)
    with pytest.raises(UnderWay):
        await work(ports, attempt(1))
    clock.pass_by(1)
    await work(ports, attempt(1))

    found = await history(ports)
    assert found.notification.state is State.DELIVERED
    assert [each.attempt for each in found.attempts] == [1]


async def test_a_worker_that_woke_too_late_changes_nothing(
    ports, merchants, clock, store, told
):
    await hear(ports, authorised())

    async def overtaken(delivery, at):
        merchants.tell = honest
        merchants.says = [204]
        clock.pass_by(LEASE.total_seconds() + 1)
        await work(ports, attempt(1))
        merchants.says = [500]
        return await honest(delivery, at)

    honest, merchants.tell = merchants.tell, overtaken
    await work(ports, attempt(1))

    found = await history(ports)
    assert found.notification.state is State.DELIVERED
    assert as_answered(found.attempts) == [204]
    assert told.events("webhook.failed") == []


async def test_what_is_due_is_queued_once(ports, merchants, clock, store, told):
    merchants.says = [500]
    await hear(ports, authorised())
    await work(ports, attempt(1))
    clock.pass_by(60)

    for _ in range(3):
        await retry(ports)

    assert len(told.events("webhook.queued")) == 1


async def test_a_job_that_was_lost_is_made_again(ports, merchants, clock, store, told):
    """Its stream was lost, or it is a dead letter: no worker ever gets it."""
    await hear(ports, authorised())

    clock.pass_by(LOST_AFTER.total_seconds() - 1)
    await retry(ports)
    assert told.events("webhook.lost") == []
    clock.pass_by(1)
    for _ in range(3):
        await retry(ports)

    assert told.event("webhook.lost")["webhook.attempt"] == 1
    assert told.event("webhook.lost")["level"] == "warning"
    assert len(await jobs_of(store)) == 2
    await work(ports, attempt(1))
    assert (await history(ports)).notification.state is State.DELIVERED


async def test_a_lost_job_of_a_retry_is_made_again_each_time(
    ports, merchants, clock, store, told
):
    merchants.says = [500]
    await hear(ports, authorised())
    await work(ports, attempt(1))

    clock.pass_by(60)
    for _ in range(3):
        await retry(ports)
        clock.pass_by(LOST_AFTER.total_seconds())

    assert len(told.events("webhook.queued")) == 1
    assert len(told.events("webhook.lost")) == 2
    assert [each.attempt for each in await jobs_of(store)] == [1, 2, 2, 2]


async def test_a_job_that_is_at_a_worker_is_not_lost(ports, clock, store, told):
    await hear(ports, authorised())
    clock.pass_by(LOST_AFTER.total_seconds())
    assert await store.claim([attempt(1)], clock(), clock() + LEASE)

    await retry(ports)
    assert told.events("webhook.lost") == []

    clock.pass_by(LEASE.total_seconds())
    await retry(ports)
    assert told.event("webhook.lost")


async def test_a_retry_is_a_trace_of_its_own_linked_to_the_payments(
    ports, merchants, clock, told
):
    @span("test.pay")
    async def pay():
        await hear(ports, authorised())
        return traceparent()

    merchants.says = [500]
    await pay()
    await work(ports, attempt(1))
    clock.pass_by(60)

    await retry(ports)

    recorded, again = told.span("test.pay"), told.span("notifications.retry")
    assert again.parent is None
    assert again.context.trace_id != recorded.context.trace_id
    assert [link.context.trace_id for link in again.links] == [
        recorded.context.trace_id
    ]
    assert again.attributes["payment.id"] == str(PAYMENT)


async def test_what_waits_is_measured(ports, merchants, clock, told):
    merchants.says = [500]
    await hear(ports, authorised())
    await work(ports, attempt(1))
    clock.pass_by(10)
    await hear(ports, authorised(seq=4))
    clock.pass_by(10)

    await measure(ports)
    assert told.measured("webhooks.pending") == 2
    assert told.measured("webhooks.oldest") == 20

    for number in (2,):
        await retry(ports)
        await work(ports, attempt(number))
    other = notification(authorised(seq=4), FIRST.target, NOW, None)
    await work(ports, job(other, NOW).data)
    await measure(ports)
    assert told.measured("webhooks.pending") == 0
    assert told.measured("webhooks.oldest") == 0


async def test_an_endpoint_that_moves_is_told_at_its_new_place(
    ports, merchants, store, told
):
    await hear(ports, authorised())
    await store.offer("M-01", "http://elsewhere.test/")

    await work(ports, attempt(1))

    assert merchants.told[0].url == "http://elsewhere.test/"


def test_a_job_is_the_same_however_often_it_is_made():
    later = job(FIRST, NOW + timedelta(seconds=9))

    assert later.id == job(FIRST, NOW).id
    assert later.data == attempt(1)


async def test_no_secret_and_no_body_is_told(ports, merchants, told):
    merchants.says = [500]
    await hear(ports, authorised())
    await work(ports, attempt(1))

    everything = told.everything()
    assert "whsec_" not in everything
    assert '"amount"' not in everything
