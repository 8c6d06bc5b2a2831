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
        self._total_s = total_s
        self._proxies = proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in PROBES:
            return await self._app(scope, receive, send)
        visit = Visit(self._origin(scope))
        asks_tokens = scope["path"] == TOKENS
        window = self._limits.issuing if asks_tokens else self._limits.address
        guard = _Answers(visit, self._limits, scope, receive, send)
        token = current.set(visit)
        try:
            visit.counts(window, visit.origin)
            with deadlines.within(self._total_s):
                await self._app(scope, receive, guard.send)
        except RateLimited as refusal:
            await errors.answer(refusal)(scope, receive, guard.send)
        finally:
            current.reset(token)

    def _origin(self, scope: Scope) -> str:
        peer = (scope.get("client") or ("", 0))[0]
        if not self._proxies:
            return origin(peer, [], ())
        told = [v.decode("latin-1") for k, v in scope["headers"] if k == FORWARDED]
        return origin(peer, told, self._proxies)


class _Answers:
    """Says what is left of each limit; who shows bad tokens too often has a 429."""

    def __init__(
        self, visit: Visit, limits: Limits, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._visit = visit
        self._limits = limits
        self._scope, self._receive, self._send = scope, receive, send
        self._is_replaced = False

    async def send(self, message: Message) -> None:
        if self._is_replaced:
            return
        if message["type"] == "http.response.start":
            if message["status"] == 401 and not await self._may_fail():
                return
            message["headers"] = [*message["headers"], *self._said()]
        await self._send(message)

    async def _may_fail(self) -> bool:
        try:
            self._visit.counts(self._limits.strangers, self._visit.origin)
        except RateLimited as refusal:
            await errors.answer(refusal)(self._scope, self._receive, self.send)
            self._is_replaced = True
            return False
        return True

    def _said(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"ratelimit-policy", ", ".join(self._visit.policies).encode()),
            (b"ratelimit", ", ".join(self._visit.left).encode()),
        ]
