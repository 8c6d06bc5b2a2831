"""What the console needs from outside."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from apps.story.evidence import LogLine

from .domain.boards import Board
from .domain.finds import Find
from .domain.loads import Load, Standing
from .domain.orders import Answer, Order
from .domain.series import Dot, Series
from .domain.told import Told
from .domain.windows import Window

Json = dict[str, Any]


class Gateway(Protocol):
    """The way in, as clients have it; Silent where it does not answer."""

    async def pay(self, order: Order) -> Answer: ...
    async def move(self, payment_id: str, what: str, amount: int | None) -> Answer: ...
    async def is_there(self) -> bool: ...
    async def terminals(self) -> list[Json]: ...
    async def latest(self, limit: int) -> list[Json]: ...
    async def payment(self, id_: str) -> Json | None: ...
    async def notifications(self, id_: str) -> list[Json]: ...


class Storyteller(Protocol):
    """Puts a story together."""

    async def tell(self, id_: str) -> Told: ...


class Server(Protocol):
    """Who is asked in JSON; Silent where it does not answer."""

    async def json(self, path: str, **asks: str | float) -> Any: ...
    async def is_there(self, path: str) -> bool: ...


class Prometheus(Server, Protocol):
    """Metrics."""

    async def over(self, expr: str, window: Window) -> list[Series]: ...
    async def now(self, expr: str, at: float) -> list[Series]: ...
    async def exemplars(self, expr: str, window: Window) -> list[Dot]: ...
    async def values(self, question: str, window: Window) -> list[str]: ...
    async def alerts(self) -> list[Json]: ...


class Loki(Server, Protocol):
    """Log lines."""

    async def lines(
        self, query: str, window: Window, *, limit: int
    ) -> list[LogLine]: ...
    async def over(self, query: str, window: Window) -> list[Series]: ...


class Tempo(Server, Protocol):
    """Traces."""

    async def search(self, query: str, window: Window, *, limit: int) -> list[Find]: ...


class Locust(Protocol):
    """Load, while Locust's own page is up."""

    async def standing(self) -> Standing: ...
    async def begin(self, load: Load) -> None: ...
    async def end(self) -> None: ...


class Shelf(Protocol):
    """Boards, as Grafana is provisioned with, and the runbooks of alerts."""

    def boards(self) -> list[Board]: ...
    def board(self, uid: str) -> Board | None: ...
    def runbook(self, name: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Ports:
    gateway: Gateway
    stories: Storyteller
    prometheus: Prometheus
    loki: Loki
    tempo: Tempo
    alertmanager: Server
    nats: Server
    locust: Locust
    grafana: Server
    grafana_shown: str
    """Where a browser finds Grafana."""
    shelf: Shelf
    clock: Callable[[], datetime]

    @property
    def now_s(self) -> float:
        return self.clock().timestamp()
