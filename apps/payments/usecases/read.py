"""Look at payments, terminals and cards."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from ..domain.cards import Card
from ..domain.listing import Query
from ..domain.payment import Payment, Recorded
from ..ports import Ports
from .move import UnknownPayment


async def page(query: Query, ports: Ports) -> Sequence[Payment]:
    """A page of payments, newest first."""
    return await ports.store.payments(query)


async def history(payment_id: UUID, ports: Ports) -> Sequence[Recorded]:
    """All that happened to a payment, in order."""
    recorded = await ports.store.history(payment_id)
    if not recorded:
        raise UnknownPayment("No payment has this id.")
    return recorded


async def terminals(ports: Ports) -> Sequence[Mapping[str, Any]]:
    return await ports.store.terminals()


async def cards(ports: Ports) -> Sequence[Card]:
    return await ports.store.cards()
