"""Paying in tests: a key of its own for each order, unless it is sent again."""

from uuid import uuid4

from apps.payments.usecases.pay import pay


def fresh_key() -> str:
    return uuid4().hex


async def paid(order, ports, key=None):
    """The payment that came of it."""
    answer = await pay(order, key or fresh_key(), ports)
    return await ports.store.payment(answer.payment_id)


class Died(BaseException):
    """The process is no more: nothing catches it, nothing is tidied up."""
