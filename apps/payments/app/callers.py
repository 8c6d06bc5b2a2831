"""Who asks, and the ports that are his: no route gets any without naming a scope."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Request

from apps.kit.auth import Caller, may

from ..ports import Ports


def ports_of(*scopes: str) -> Any:
    """The ports of this service, as a caller with these scopes has them."""

    async def bound(request: Request, caller: Annotated[Caller, may(*scopes)]) -> Ports:
        ports: Ports = request.app.state.ports
        return replace(ports, caller=caller)

    return Depends(bound)


Writing = Annotated[Ports, ports_of("payments:write")]
Reading = Annotated[Ports, ports_of("payments:read")]
Auditing = Annotated[Ports, ports_of("audit:read")]
Looking = Annotated[Ports, ports_of("ref:read")]
Operating = Annotated[Ports, ports_of("ops")]
