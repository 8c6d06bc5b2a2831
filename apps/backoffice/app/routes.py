"""The HTTP face of the back office: what merchants see, and what operators may do."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from apps.kit.auth import Caller, may
from apps.kit.errors import DependencyUnavailable
from apps.kit.masking import CARDLESS
from apps.kit.openapi import problems
from apps.kit.service import wired

from ..ports import Ports
from ..usecases import rebuilding, showing
from .bodies import BalanceOut, DashboardOut, PaymentOut, ProjectionOut

Wired = Annotated[Ports, Depends(wired)]
MerchantId = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["M-01"], min_length=1),
    CARDLESS,
]

ProjectionName = Annotated[
    str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$", examples=["payment_view"]), CARDLESS
]

MerchantReader = Annotated[Caller, may("merchant:read")]
OPS = [may("ops")]

router = APIRouter(responses=problems(DependencyUnavailable))


@router.get(
    "/payments/{payment_id}",
    tags=["payments"],
    responses=problems(showing.UnknownPayment),
)
async def get_payment(
    payment_id: UUID, ports: Wired, caller: Annotated[Caller, may("payments:read")]
) -> PaymentOut:
    """Show a payment as its merchant sees it; `amount` in minor units of `currency`."""
    return PaymentOut.of(await showing.payment(payment_id, caller.merchant_id, ports))


@router.get(
    "/merchants/{merchant_id}/dashboard",
    tags=["merchants"],
    responses=problems(showing.UnknownMerchant),
)
async def get_dashboard(
    merchant_id: MerchantId,
    ports: Wired,
    caller: MerchantReader,
    days: Annotated[int, Query(ge=1, le=90, examples=[7])] = 7,
) -> DashboardOut:
    """Show what became of a merchant's payments in the last days (UTC), and why."""
    _own(merchant_id, caller)
    return DashboardOut.of(
        merchant_id, await showing.merchant(merchant_id, days, ports)
    )


@router.get(
    "/merchants/{merchant_id}/balance",
    tags=["merchants"],
    responses=problems(showing.UnknownMerchant),
)
async def get_balance(
    merchant_id: MerchantId, ports: Wired, caller: MerchantReader
) -> BalanceOut:
    """Show what a merchant is to be paid, by currency, and what that is made of."""
    _own(merchant_id, caller)
    return BalanceOut.of(merchant_id, await showing.balance(merchant_id, ports))


@router.get("/ops/projections", tags=["ops"], dependencies=OPS)
async def get_projections(ports: Wired) -> list[ProjectionOut]:
    """List the projections: how far each is, and what is to replace it."""
    lag = rebuilding.behind(ports)
    return [ProjectionOut.of(each, lag) for each in await rebuilding.standings(ports)]


@router.get(
    "/ops/projections/{name}",
    tags=["ops"],
    dependencies=OPS,
    responses=problems(rebuilding.UnknownProjection),
)
async def get_projection(name: ProjectionName, ports: Wired) -> ProjectionOut:
    """Show how far a projection is, and a rebuild of it."""
    standing = await rebuilding.find(name, ports)
    return ProjectionOut.of(standing, rebuilding.behind(ports))


@router.post(
    "/ops/projections/{name}/rebuild",
    tags=["ops"],
    dependencies=OPS,
    status_code=202,
    responses=problems(rebuilding.UnknownProjection, rebuilding.HistoryGone),
)
async def create_rebuild(
    name: ProjectionName, response: Response, ports: Wired
) -> ProjectionOut:
    """Make a projection anew from the stream, while the present one serves.

    Asked for again meanwhile, it is made once. `Location` tells how far it is.
    """
    standing = await rebuilding.ask_rebuild(name, ports)
    response.headers["Location"] = f"/api/v1/ops/projections/{standing.projection}"
    return ProjectionOut.of(standing, rebuilding.behind(ports))


def _own(merchant_id: str, caller: Caller) -> None:
    """Another merchant's name is answered as one that nobody has."""
    if not caller.acts_for(merchant_id):
        raise showing.UnknownMerchant("There is none of this name for you.")
