"""Each replica asked by itself: what an operator does holds in one process alone."""

from collections.abc import Mapping, Sequence
from typing import Any, Self, TypeVar

import httpx
from pydantic import TypeAdapter, ValidationError

from apps.kit import http
from apps.kit.balancing import Replicas

from ..domain.fleet import Breaker, Standing
from ..domain.views import Missing, NotShown, Why
from .bodies import ProblemIn

T = TypeVar("T")

REFUSALS = range(400, 500)
"""An answer to the caller, and to be given to him."""

_BREAKERS = TypeAdapter(list[Breaker])
_BREAKER = TypeAdapter(Breaker)


class HttpFleet:
    """Replicas as the balancer knows them, asked past it."""

    def __init__(
        self,
        replicas: Sequence[Replicas],
        direct: Mapping[str, httpx.AsyncClient],
    ) -> None:
        self._replicas = replicas
        self._direct = direct

    @classmethod
    def of(cls, services: Mapping[str, http.ServiceClient], timeout_s: float) -> Self:
        """The replicas that these clients know, each asked within so many seconds."""
        direct = {name: http.client(name, "", timeout_s=timeout_s) for name in services}
        return cls([each.replicas for each in services.values()], direct)

    async def start(self) -> None:
        """It connects when it is first asked."""

    async def stop(self) -> None:
        for client in self._direct.values():
            await client.aclose()

    async def is_ready(self) -> bool:
        """Replicas may be away."""
        return True

    def standings(self) -> Sequence[Standing]:
        """By service and name, whatever order they came in."""
        found = [
            Standing(
                service=service.service,
                replica=each.name,
                url=str(each.url),
                is_out=each.out_until is not None,
                in_flight=each.in_flight,
                failures=each.failures,
            )
            for service in self._replicas
            for each in service
        ]
        return sorted(found, key=lambda each: (each.service, each.replica))

    async def breakers(self, of: Standing, bearer: str) -> Sequence[Breaker]:
        return await self._asked(of, "/ops/breakers", bearer, _BREAKERS)

    async def hold(
        self, name: str, wish: Mapping[str, Any], of: Standing, bearer: str
    ) -> Breaker:
        path = f"/ops/breakers/{name}"
        return await self._asked(of, path, bearer, _BREAKER, wish)

    async def _asked(
        self,
        of: Standing,
        path: str,
        bearer: str,
        kind: TypeAdapter[T],
        wish: Mapping[str, Any] | None = None,
    ) -> T:
        """Raises NotShown where the replica says no, and Missing where it says nothing."""
        direct, headers = self._direct[of.service], {"Authorization": bearer}
        url = httpx.URL(of.url).join(path)
        try:
            method = "GET" if wish is None else "PUT"
            answer = await direct.request(method, url, headers=headers, json=wish)
            if answer.status_code in REFUSALS:
                detail = ProblemIn.detail_of(answer.content)
                raise NotShown(answer.status_code, detail)
            answer.raise_for_status()
            return kind.validate_json(answer.content)
        except httpx.ReadTimeout as late:
            raise Missing(Why.TIMEOUT) from late
        except httpx.TransportError as away:
            raise Missing(Why.AWAY) from away
        except (httpx.HTTPStatusError, ValidationError) as garbled:
            raise Missing(Why.REFUSED) from garbled
