"""`log-level`: how much a service tells, asked or changed at its own port, while it runs."""

from datetime import datetime
from typing import Any

from rich.console import Console

from .backends import TIMEOUT_S, Backend, client
from .environment import SERVICES
from .paths import Instance
from .ports import Ports
from .processes import PORTS
from .shape import Replica, Shape
from .tokens import OPS, Bearing
from .trouble import Trouble

NAMES = ("debug", "info", "warning", "error")
FOR_S = 900
REASON = "asked for on the command line"


def change(
    instance: Instance, who: str, level: str | None, for_s: int, console: Console
) -> None:
    """Ask each replica of a service, or the one that is named; then say how it stands."""
    ports, shape = Ports.load(instance.name), Shape.load(instance)
    http = client(TIMEOUT_S)
    http.auth = Bearing(OPS, ports.url("GATEWAY_PORT"))
    for name in _meant(who, shape):
        base = "/api/v1" if name == "gateway" else ""
        with Backend(ports.url(PORTS[name][0]), http) as face, face.asked():
            url = f"{face.url}{base}/ops/log-level"
            wish = {"level": level, "for_s": for_s, "reason": REASON}
            answer = face.http.put(url, json=wish) if level else face.http.get(url)
            _show(name, face.understood(answer), console)


def _meant(who: str, shape: Shape) -> list[str]:
    replicas = [*(Replica(name) for name in SERVICES), *shape.further()]
    meant = [each.process for each in replicas if who in {each.service, each.process}]
    if not meant:
        names = ", ".join(SERVICES)
        raise Trouble(f"There is no service '{who}'.", f"choose one of: {names}.")
    return meant


def _show(name: str, said: dict[str, Any], console: Console) -> None:
    until = said.get("until")
    ends = f" until {datetime.fromisoformat(until):%H:%M:%S} UTC" if until else ""
    console.print(f"{name} tells {said['level']} and above{ends}.", highlight=False)
