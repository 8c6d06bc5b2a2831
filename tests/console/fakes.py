"""Servers and a gateway that answer what a test says."""

from datetime import UTC, datetime
from pathlib import Path

from apps.console.clients.shelf import Shelf
from apps.console.domain.orders import Answer
from apps.console.domain.silence import Silent
from apps.console.domain.told import Told
from apps.console.ports import Ports

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
BOARDS = ROOT / "grafana/provisioning/dashboards/json"
RUNBOOKS = ROOT / "docs/runbooks"


class FakeGateway:
    """Pays what it is asked; away, it answers nobody."""

    def __init__(self):
        self.orders, self.moves, self.is_away = [], [], False
        self.code = "ACCEPTED"

    async def pay(self, order):
        self._asked()
        self.orders.append(order)
        body = {"payment_id": f"p-{len(self.orders)}", "response_code": self.code}
        return Answer(201, body | {"status": "authorised"}, "0" * 32)

    async def move(self, payment_id, what, amount):
        self._asked()
        self.moves.append((payment_id, what, amount))
        return Answer(201, {}, "0" * 32)

    async def notifications(self, id_):
        self._asked()
        return []

    async def latest(self, limit):
        self._asked()
        return []

    async def is_there(self):
        return not self.is_away

    def _asked(self):
        if self.is_away:
            raise Silent("Gateway", "nobody listens there")


class FakeStories:
    """Tells one story after another; the last one for ever."""

    def __init__(self, *told):
        self.told = list(told)

    async def tell(self, id_):
        return self.told.pop(0) if len(self.told) > 1 else self.told[0]


class FakeServer:
    """Answers each question from a table: an exception is raised."""

    def __init__(self, **answers):
        self.answers, self.asked = answers, []

    def __getattr__(self, name):
        async def answer(*asks, **more):
            self.asked.append((name, *asks))
            found = self.answers[name]
            found = found(*asks) if callable(found) else found
            if isinstance(found, Exception):
                raise found
            return found

        return answer


def fake_ports(**instead):
    away = FakeServer(is_there=False, json=Silent("X", "nobody listens there"))
    plain = {
        "gateway": FakeGateway(),
        "stories": FakeStories(Told(None, ())),
        "prometheus": FakeServer(over=[], now=[], exemplars=[], values=[], alerts=[]),
        "loki": FakeServer(lines=[], over=[]),
        "tempo": FakeServer(search=[]),
        "alertmanager": away,
        "nats": away,
        "locust": FakeServer(standing=Silent("Locust", "nobody listens there")),
        "grafana": away,
        "grafana_shown": "http://127.0.0.1:3000",
        "shelf": Shelf(BOARDS, RUNBOOKS),
        "clock": lambda: NOW,
    }
    return Ports(**{**plain, **instead})
