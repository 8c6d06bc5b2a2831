"""What operators see of all replicas, and do to all of them at once."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Response

from apps.kit.auth import Caller, may
from apps.kit.openapi import problems
from apps.kit.ops import UnknownBreaker, WishIn
from apps.kit.service import wired

from ..ports import Ports
from ..usecases import operating
from .forwarding import OF_EVERY_ROUTE
from .replicas import BreakersOut, ReplicaOut

Wired = Annotated[Ports, Depends(wired)]
Bearer = Annotated[str, Header(alias="Authorization", include_in_schema=False)]
Operator = Annotated[Caller, may("ops")]
Name = Annotated[str, Path(pattern=r"^[a-z_.-]{1,64}$", examples=["bank"])]

router = APIRouter(prefix="/api/v1/ops", tags=["ops"], responses=OF_EVERY_ROUTE)


@router.get("/breakers")
async def list_breakers(_caller: Operator, bearer: Bearer, ports: Wired) -> BreakersOut:
    """List the breakers of every replica, and how they stand.

    A replica that did not tell is named in `degraded`.
    """
    return BreakersOut.of(await operating.breakers(bearer, ports.fleet))


@router.put(
    "/breakers/{name}",
    responses={
        207: {"model": BreakersOut, "description": "Not every replica did it"},
        **problems(UnknownBreaker),
    },
)
async def hold_breaker(
    name: Name,
    body: WishIn,
    _caller: Operator,
    bearer: Bearer,
    ports: Wired,
    response: Response,
) -> BreakersOut:
    """Hold a breaker open or closed in every replica for a while, or let go of it.

    A replica that did not do it is named in `degraded`; asked again, all that can do it.
    """
    wish = body.model_dump(mode="json")
    held = BreakersOut.of(await operating.hold(name, wish, bearer, ports.fleet))
    response.status_code = held.status
    return held


@router.get("/replicas")
async def list_replicas(_caller: Operator, ports: Wired) -> list[ReplicaOut]:
    """List the replicas of all services as the gateway sees them."""
    return [ReplicaOut.of(each) for each in ports.fleet.standings()]
