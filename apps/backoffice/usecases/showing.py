"""Shows what the projections hold, and how fresh that is."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from apps.kit.errors import NotFound

from ..domain.dashboards import Dashboard, StandIn, dashboard
from ..domain.projections import Projection
from ..domain.sums import Balance, Purse
from ..domain.views import PaymentView
from ..ports import Ports
from .rebuilding import behind

T = TypeVar("T")


class UnknownPayment(NotFound):
    title = "Unknown payment"


@dataclass(frozen=True, slots=True)
class Shown(Generic[T]):
    """What is shown, and how fresh it is."""

    what: T
    as_of: datetime | None
    """The time of the newest event in it."""
    lag: timedelta
    """For how long an event that it lacks has waited; zero where none does."""


class UnknownMerchant(NotFound):
    title = "Unknown merchant"


async def payment(
    payment_id: UUID, merchant_id: str | None, ports: Ports
) -> Shown[tuple[PaymentView, str]]:
    """A payment, and the status of its card; another merchant's is as none."""
    as_of = await ports.views.as_of(Projection.PAYMENT_VIEW)
    view = await ports.views.view(payment_id)
    if view is None or merchant_id not in {None, view.merchant_id}:
        raise UnknownPayment("No event of this payment was heard yet.")
    status = await ports.views.card_status(view.card_token) or "GREEN"
    return Shown((view, status), as_of, behind(ports))


async def merchant(
    merchant_id: str, days: int, ports: Ports
) -> Shown[tuple[Dashboard, list[StandIn]]]:
    """A merchant's last days, today among them."""
    as_of = await ports.views.as_of(Projection.MERCHANT_DAY)
    since = ports.clock().astimezone(UTC).date() - timedelta(days=days - 1)
    rows = await ports.views.days(merchant_id, since)
    midnight = datetime.combine(since, time(), UTC)
    standins = await ports.views.standins(merchant_id, midnight)
    return Shown((dashboard(rows), list(standins)), as_of, behind(ports))


async def balance(merchant_id: str, ports: Ports) -> Shown[dict[Purse, Balance]]:
    """A merchant's money, by currency."""
    as_of = await ports.views.as_of(Projection.BALANCE_VIEW)
    found = await ports.views.balances(merchant_id)
    return Shown(dict(found), as_of, behind(ports))
