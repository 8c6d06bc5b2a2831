"""Look at payments, terminals and cards."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from apps.kit.signals import of_merchant

from ..domain.cards import Card
from ..domain.life import fold
from ..domain.listing import Query
from ..domain.payment import Payment, Recorded
from ..ports import Ports
from .move import UnknownPayment


async def page(query: Query, ports: Ports) -> Sequence[Payment]:
    """A page of payments, newest first; a merchant's own, if it is one who asks."""
    his = replace(query, merchant_id=ports.caller.merchant_id)
    return await ports.store.payments(his)


async def history(payment_id: UUID, ports: Ports) -> Sequence[Recorded]:
    """All that happened to a payment, in order."""
    recorded = await ports.store.history(payment_id)
    payment = fold(recorded)
    if payment is None or not ports.caller.acts_for(payment.merchant_id):
        raise UnknownPayment("No payment has this id.")
    of_merchant(payment.merchant_id)
    return recorded


async def terminals(ports: Ports) -> Sequence[Mapping[str, Any]]:
    """All terminals, or a merchant's own."""
    return await ports.store.terminals(ports.caller.merchant_id)


async def cards(ports: Ports) -> Sequence[Card]:
    """The newest hundred cards that were seen, or seen by a merchant lately."""
    return await ports.store.cards(ports.caller.merchant_id)
