"""A service behind the gateway, over HTTP."""

import httpx

from apps.kit.errors import DeadlineExceeded, DependencyUnavailable

from ..domain.calls import Answer, Call

INWARD = frozenset(
    {
        "content-type",
        "accept",
        "if-none-match",
        "idempotency-key",
        "authorization",
    }
)
OUTWARD = frozenset(
    {
        "content-type",
        "location",
        "etag",
        "retry-after",
        "allow",
        "cache-control",
        "idempotent-replayed",
        "idempotency-first-request-at",
    }
)


class HttpUpstream:
    """One service over HTTP; headers pass by list, bodies untouched."""

    def __init__(self, name: str, http: httpx.AsyncClient) -> None:
        self.name = name
        self._http = http

    async def forward(self, call: Call) -> Answer:
        """Raises DeadlineExceeded or DependencyUnavailable when nothing comes back."""
        try:
            answer = await self._http.request(
                call.method,
                call.path,
                headers=[
                    (k.encode("latin-1"), v.encode("latin-1"))
                    for k, v in call.headers
                    if k in INWARD
                ],
                content=call.body,
            )
        except httpx.ReadTimeout as late:
            raise DeadlineExceeded(f"{self.name} took too long.") from late
        except httpx.TransportError as away:
            raise DependencyUnavailable(f"{self.name} is away.") from away
        kept = {k: v for k, v in answer.headers.items() if k in OUTWARD}
        return Answer(answer.status_code, kept, answer.content)
