"""At the till: pay, capture, void, refund."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from apps.kit.signals import follow
from apps.kit.values import Cents

from .. import signals
from ..domain.orders import CARDS, Answer, Move, Order
from ..domain.silence import Silent
from ..ports import Ports

ABOVE_LIMIT = Cents(45_000)
"""The bank refuses it."""

VERBS = {Move.CAPTURE: "captures", Move.VOID: "voids", Move.REFUND: "refunds"}


async def pay(order: Order, ports: Ports) -> Answer:
    """Order, and give the answer; Silent where there is none."""
    with follow("console.pay", None):
        return await _told(Move.PAY, ports.gateway.pay(order))


async def move(payment_id: str, what: Move, amount: int | None, ports: Ports) -> Answer:
    """Do something with what was paid."""
    with follow("console.move", None):
        asked = ports.gateway.move(payment_id, VERBS[what], amount)
        return await _told(what, asked, payment_id)


async def provoke(times: int, ports: Ports, step: Callable[[int], None]) -> None:
    """Have so many orders of the suspicious card refused, until fraud thinks ill of it."""
    suspect = CARDS["suspect"]
    for number in range(1, times + 1):
        answer = await pay(Order("POS-01", suspect, ABOVE_LIMIT), ports)
        step(number)
        if answer.body.get("response_code") == "FRAUD_SUSPECTED":
            return


async def _told(
    what: Move, asked: Awaitable[Answer], payment_id: str | None = None
) -> Answer:
    begun = time.perf_counter()
    try:
        answer = await asked
    except Silent as silence:
        took = time.perf_counter() - begun
        signals.used(what, took, payment_id=payment_id, error=type(silence).__name__)
        raise
    took = time.perf_counter() - begun
    known = payment_id or answer.body.get("payment_id")
    signals.used(what, took, status=answer.status, payment_id=known)
    return replace(answer, took_s=took)
