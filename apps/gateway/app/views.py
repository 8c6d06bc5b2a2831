"""The answers that several services make together."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query

from apps.kit.auth import Caller, may
from apps.kit.openapi import problems
from apps.kit.service import wired

from ..ports import Ports
from ..usecases import composing
from .bodies import OwnBalanceOut, OwnDashboardOut, ViewOut
from .forwarding import OF_EVERY_ROUTE, Milliseconds

Wired = Annotated[Ports, Depends(wired)]
Bearer = Annotated[str, Header(alias="Authorization", include_in_schema=False)]
Reader = Annotated[Caller, may("payments:read")]
Merchant = Annotated[Caller, may("merchant:read")]


async def patient(_patience: Milliseconds = None) -> None:
    """The whole process knows how long it has; here nonsense is refused."""


router = APIRouter(
    prefix="/api/v1", dependencies=[Depends(patient)], responses=OF_EVERY_ROUTE
)


@router.get(
    "/payments/{payment_id}/view",
    tags=["payments"],
    responses=problems(composing.UnknownPayment),
)
async def get_view(
    payment_id: UUID, caller: Reader, bearer: Bearer, ports: Wired
) -> ViewOut:
    """Show a payment, and what bank, fraud and notifications know of it.

    A part that did not answer in time is null and named in `degraded`; a part that is
    null and not named there has nothing to tell, or nothing that this caller may know.
    """
    return ViewOut.of(*await composing.view(payment_id, caller, bearer, ports.parts))


@router.get(
    "/merchants/me/dashboard",
    tags=["merchants"],
    responses=problems(composing.NoMerchant),
)
async def get_own_dashboard(
    caller: Merchant,
    bearer: Bearer,
    ports: Wired,
    days: Annotated[int, Query(ge=1, le=90, examples=[7])] = 7,
) -> OwnDashboardOut:
    """Show the caller's own days, money and latest payments, in one answer."""
    whole = await composing.dashboard(caller, days, bearer, ports.parts)
    return OwnDashboardOut.of(composing.merchant_of(caller), whole)


@router.get(
    "/merchants/me/balance",
    tags=["merchants"],
    responses=problems(composing.NoMerchant),
)
async def get_own_balance(
    caller: Merchant, bearer: Bearer, ports: Wired
) -> OwnBalanceOut:
    """Show what the caller is to be paid, by currency, and what that is made of."""
    money = await composing.balance(caller, bearer, ports.parts)
    return OwnBalanceOut.of(composing.merchant_of(caller), money)
