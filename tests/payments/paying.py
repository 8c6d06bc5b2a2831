"""Paying in tests: a key of its own for each order, unless it is sent again."""

from dataclasses import replace
from uuid import uuid4

from apps.kit import deadlines
from apps.payments.domain.orders import CaptureMethod
from apps.payments.domain.payment import Status
from apps.payments.usecases.finish import finish
from apps.payments.usecases.pay import pay
from apps.payments.usecases.recover import inquire, recover
from tests.fakes import order
from tests.payments.fakes import FakePayments

DUE = "UPDATE saga SET next_at = now() WHERE state = 'due'"
EXPIRE = "UPDATE idempotency SET lease_until = now() - interval '1 second'"


def fresh_key() -> str:
    return uuid4().hex


async def paid(order, ports, key=None):
    """The payment that came of it."""
    answer = await pay(order, key or fresh_key(), ports)
    return await ports.store.payment(answer.payment_id)


async def hurried(order, key, ports, within_s):
    """The answer to a caller who waits no longer than that."""
    with deadlines.within(within_s):
        return await pay(order, key, ports)


def automatic(amount: int = 15_000):
    """An order whose money moves by itself."""
    return replace(order(amount), capture=CaptureMethod.AUTOMATIC)


def manual(amount: int = 15_000):
    """An order whose money moves when it is asked for."""
    return replace(order(amount), capture=CaptureMethod.MANUAL)


async def run(ports, sql: str) -> None:
    """Something that nothing but the passing of time does."""
    async with ports.store.database.connection() as db:
        await db.execute(sql)


async def holder_dies(ports) -> None:
    """Every lease runs out."""
    if isinstance(ports.store, FakePayments):
        ports.store.holder_dies()
    else:
        await run(ports, EXPIRE)


async def finished(ports, payment=None):
    """All that is due is tried once; what the payment is then."""
    if not isinstance(ports.store, FakePayments):
        await run(ports, DUE)
    await finish(ports)
    return payment and await ports.store.payment(payment.payment_id)


async def undecided(ports):
    """Whatever nobody has decided yet, however young."""
    late = ports.clock().replace(year=2100)
    received = await ports.steps.undecided(late, Status.RECEIVED)
    return [*received, *await ports.steps.undecided(late, Status.PENDING)]


async def recovered(ports):
    """What was left undecided for too long is decided, here or at the bank."""
    await recover(ports)
    await inquire(ports)
