"""The whole face of the gateway, as it is served, with fakes behind it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import httpx

from apps.gateway.__main__ import limits_of
from apps.gateway.app import assembled
from apps.gateway.app.entrance import Entrance
from apps.gateway.app.forwarding import packaged
from apps.gateway.app.front import Front
from apps.gateway.app.trusting import Trusting
from apps.gateway.domain.addresses import networks
from apps.gateway.domain.calls import Answer, Call
from apps.gateway.domain.kept import FRESH_S, STALE_S
from apps.gateway.domain.routes import SERVICES
from apps.gateway.ports import Ports
from apps.gateway.settings import Settings
from apps.gateway.usecases.forwarding import AWAY
from apps.gateway.usecases.limiting import LimitedTokens
from apps.kit.caching import Cache
from apps.kit.limits import MovingWindow
from apps.kit.service import Service, app_of, face_of
from apps.kit.shedding import Bounds, Shedder
from apps.kit.testing import Doorman
from tests.gateway.issuer import issuing

HOUSE = {"Authorization": "Bearer house"}
READS = "payments:read payments:write ref:read merchant:read"


def merchant(id_: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {id_.lower()}@{id_} {READS}"}


@dataclass
class Clock:
    at: float = 1_000.0

    def __call__(self) -> float:
        return self.at


Replies = Callable[[Call], Awaitable[Answer]]


@dataclass
class Upstream:
    """A service that answers as it is told, and remembers what it was asked."""

    name: str
    reply: Replies
    calls: list[Call] = field(default_factory=list)

    async def forward(self, call: Call) -> Answer:
        self.calls.append(call)
        return await self.reply(call)


def always(answer: Answer) -> Replies:
    async def reply(_call: Call) -> Answer:
        return answer

    return reply


JSON = {"content-type": "application/json"}
OK = Answer(200, JSON, b"[]")


@dataclass
class House:
    """The gateway's parts, any of which a test may look into or replace."""

    reply: Replies = field(default_factory=lambda: always(OK))
    settings: Settings = field(default_factory=Settings)
    clock: Clock = field(default_factory=Clock)
    shedder: Shedder = field(default_factory=lambda: Shedder(Bounds.fixed(1_000)))

    def __post_init__(self) -> None:
        self.upstreams = {name: Upstream(name, self.reply) for name in sorted(SERVICES)}

    @property
    def payments(self) -> Upstream:
        return self.upstreams["payments"]

    @property
    def calls(self) -> list[Call]:
        return [call for each in self.upstreams.values() for call in each.calls]

    def ports(self) -> Ports:
        table = packaged()
        return Ports(
            upstreams=self.upstreams,
            limits={name: self._window(p) for name, p in table.limits.items()},
            kept=Cache(
                "reference",
                fresh_s=FRESH_S,
                stale_s=STALE_S,
                faults=AWAY,
                clock=self.clock,
            ),
            issuing=issuing(),
            parts=None,
            fleet=None,
        )

    def face(self):
        limits = limits_of(self.settings)
        for each in vars(limits).values():
            each._clock = self.clock
        service = Service(
            "gateway",
            self.ports(),
            assembled(packaged()),
            tokens=LimitedTokens(Doorman(), limits),
            shedder=self.shedder,
            trusts=Trusting(Doorman()),
            before=partial(Front, shedder=self.shedder),
            inside=partial(
                Entrance,
                limits=limits,
                total_s=self.settings.total_s,
                proxies=networks(self.settings.trusted_proxies),
            ),
        )
        return face_of(service, app_of(service))

    def client(self, address: str = "127.0.0.1") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.face(), client=(address, 5000))
        return httpx.AsyncClient(transport=transport, base_url="http://test")

    def _window(self, policy):
        return MovingWindow(policy.name, policy.most, policy.within_s, clock=self.clock)


def told(**changes) -> Settings:
    """Settings with some of them changed."""
    return Settings(**changes)


def answer(status: int = 200, body: bytes = b"[]", **headers: str) -> Answer:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, {**JSON, **sent}, body)
