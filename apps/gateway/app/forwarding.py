"""The routes whose answers come from the services behind: made from the table."""

from collections.abc import Awaitable, Callable
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi import Path as InPath

from apps.kit.auth import SCOPES, may
from apps.kit.errors import (
    DeadlineExceeded,
    DependencyUnavailable,
    Forbidden,
    Overloaded,
    RateLimited,
    RequestTimeout,
    Unauthenticated,
)
from apps.kit.masking import CARDLESS
from apps.kit.openapi import problems
from apps.kit.service import wired

from ..domain.calls import Call
from ..domain.routes import Cached, Route, Table, table_of
from ..ports import Ports
from ..usecases.forwarding import answered
from .passing import passing

BASE = "/api/v1"
PACKAGED = Path(__file__).parents[1] / "routes.toml"

Wired = Annotated[Ports, Depends(wired)]
Milliseconds = Annotated[int | None, Header(alias="Request-Timeout-Ms", ge=1)]
"""Read here only to refuse nonsense: the whole process knows how long it has."""

KINDS: dict[str, Any] = {
    "uuid": Annotated[UUID, InPath()],
    "name": Annotated[str, InPath(pattern=r"^[A-Za-z0-9_-]{1,64}$"), CARDLESS],
}
"""What may stand in a path. Nothing that is sent on can climb out of it."""

OF_EVERY_ROUTE = problems(
    Unauthenticated,
    Forbidden,
    RequestTimeout,
    RateLimited,
    DependencyUnavailable,
    Overloaded,
    DeadlineExceeded,
)


UNCHANGED: dict[int | str, dict[str, Any]] = {
    304: {"description": "It is as its ETag says"}
}


def packaged() -> Table:
    """The table that comes with the gateway."""
    return table_of(PACKAGED.read_text(), frozenset(SCOPES))


def router_of(table: Table) -> APIRouter:
    """A route for each line of the table."""
    router = APIRouter(prefix=BASE, responses=OF_EVERY_ROUTE)
    for route in table.routes:
        router.add_api_route(
            route.path,
            _endpoint(route, table),
            methods=[route.method],
            name=route.name,
            description=route.about,
            tags=[route.tag],
            status_code=route.status,
            responses=UNCHANGED if route.cache is not Cached.NEVER else None,
            response_model=None,
            route_class_override=passing(route.scope, _kinds(route, table)),
        )
    return router


def _kinds(route: Route, table: Table) -> dict[str, str]:
    return {name: table.parameters[name] for name in route.parameters}


def _endpoint(route: Route, table: Table) -> Callable[..., Awaitable[Response]]:
    """What the route does, with the signature that its line of the table gives it."""

    async def forwarded(
        request: Request, ports: Ports, caller: Any, patience: Any, **parts: Any
    ) -> Response:
        path = route.path.format_map(parts)
        query = request.url.query
        call = Call(
            request.method,
            f"{path}?{query}" if query else path,
            request.headers.items(),
            await request.body(),
        )
        answer = await answered(route, call, caller, ports)
        return Response(answer.body, answer.status, dict(answer.headers))

    taken: dict[str, Any] = {
        "request": Request,
        "ports": Wired,
        "caller": Annotated[Any, may(route.scope)],
        **{name: KINDS[kind] for name, kind in _kinds(route, table).items()},
    }
    named = [_named(name, kind) for name, kind in taken.items()]
    named.append(_named("patience", Milliseconds, None))
    forwarded.__signature__ = Signature(named)  # type: ignore[attr-defined]
    return forwarded


def _named(name: str, kind: Any, default: Any = Parameter.empty) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=default)
