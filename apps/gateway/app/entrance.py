"""The entrance: from where a request comes, how long it has, what its limits say."""

from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apps.kit import deadlines, errors
from apps.kit.errors import RateLimited
from apps.kit.server import PROBES

from ..domain.addresses import Network, origin
from ..usecases.limiting import Limits
from ..usecases.visits import Visit, current

TOKENS = "/oauth/token"
FORWARDED = b"x-forwarded-for"


class Entrance:
    """Stands inside the span; who asks too often is counted, and not a line each time."""

    def __init__(
        self,
        app: ASGIApp,
        limits: Limits,
        *,
        total_s: float,
        proxies: Sequence[Network] = (),
    ) -> None:
        self._app = app
        self._limits = limits
        self._total_ms = str(int(total_s * 1000))
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        visit = Visit(self._origin(scope))
        asks_tokens = scope["path"] == TOKENS
        window = self._limits.issuing if asks_tokens else self._limits.address

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *_said(visit)]
            await send(message)

        token = current.set(visit)
        try:
            visit.counts(window, visit.origin)
            with deadlines.begun(self._total_ms):
                await self._app(scope, receive, answer)
        except RateLimited as refusal:
            await errors.answer(refusal)(scope, receive, answer)
        finally:
            current.reset(token)

    def _origin(self, scope: Scope) -> str:
        peer = (scope.get("client") or ("", 0))[0]
        if not self._proxies:
            return origin(peer, [], ())
        told = [v.decode("latin-1") for k, v in scope["headers"] if k == FORWARDED]
        return origin(peer, told, self._proxies)


def _said(visit: Visit) -> list[tuple[bytes, bytes]]:
    """What is left of each limit."""
    return [
        (b"ratelimit-policy", ", ".join(visit.policies).encode()),
        (b"ratelimit", ", ".join(visit.left).encode()),
    ]
