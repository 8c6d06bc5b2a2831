"""What the back office can be asked to do."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from apps.kit.errors import NotFound
from apps.kit.signals import span

from . import signals
from .domain import PaymentView


class UnknownPayment(NotFound):
    title = "Unknown payment"


class Store(Protocol):
    async def keep(self, view: PaymentView) -> None: ...
    async def view(self, payment_id: UUID) -> PaymentView | None: ...


@dataclass(frozen=True)
class Ports:
    store: Store


@span("backoffice.project")
async def project(view: PaymentView, ports: Ports) -> None:
    """Show a payment as its latest event tells it."""
    await ports.store.keep(view)
    signals.projected(view)


async def find(payment_id: UUID, ports: Ports) -> PaymentView:
    """Fetch the view of a payment."""
    view = await ports.store.view(payment_id)
    if view is None:
        raise UnknownPayment("No event of this payment was heard yet.")
    return view
