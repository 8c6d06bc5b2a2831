"""The short way through a forwarded route, for what needs no judging.

FastAPI solves dependencies and validates path and headers for a tenth of the price of a
forwarded request. What is written as it should be passes without; all else goes the long
way, and is refused there in FastAPI's words.
"""

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from apps.kit.auth import let_in

WRITTEN = {
    "uuid": re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII),
    "name": re.compile(r"(?!(?:[A-Za-z_-]*[0-9]){13})[A-Za-z0-9_-]{1,64}", re.ASCII),
}
"""What may stand in a path, in the one spelling that is sent on as it is.

A name of many digits goes the long way: it may be a card number.
"""

PATIENCE = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)

Handler = Callable[[Request], Coroutine[Any, Any, Response]]
Endpoint = Callable[..., Awaitable[Response]]


def passing(scope: str, kinds: Mapping[str, str]) -> type[APIRoute]:
    """The class of a route for callers with this scope, whose path has these parts."""

    class Passing(APIRoute):
        def get_route_handler(self) -> Handler:
            return _handler(super().get_route_handler(), self.endpoint, scope, kinds)

    return Passing


def _handler(
    long_way: Handler, endpoint: Endpoint, scope: str, kinds: Mapping[str, str]
) -> Handler:
    async def handled(request: Request) -> Response:
        if not is_plain(request, kinds):
            return await long_way(request)
        state, tokens = request.app.state, request.headers.getlist("authorization")
        return await endpoint(
            request=request,
            ports=state.ports,
            caller=await let_in(state.tokens, tokens, [scope]),
            patience=None,
            **request.path_params,
        )

    return handled


def is_plain(request: Request, kinds: Mapping[str, str]) -> bool:
    """Nothing in it has to be read, for it can be read in one way only."""
    given = request.path_params
    waits = request.headers.getlist("request-timeout-ms")
    return (
        given.keys() == kinds.keys()
        and all(WRITTEN[kind].fullmatch(given[name]) for name, kind in kinds.items())
        and len(waits) <= 1
        and all(PATIENCE.fullmatch(each) for each in waits)
    )
