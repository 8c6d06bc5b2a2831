"""Every process of the stack: how it starts, when it is ready, which ports it takes."""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from . import environment, postgres
from .builds import program
from .paths import Instance
from .ports import LOOPBACK, Ports
from .shape import CONSOLE, MOST, PROBE, TRAFFIC, Replica, Shape, proxied

GROUPS = {
    "base": 10,
    "backends": 20,
    "collector": 30,
    "services": 40,
    **{f"replicas-{number}": 40 + number for number in range(2, MOST + 1)},
    PROBE: 55,
    CONSOLE: 58,
    TRAFFIC: 60,
}
"""Started in this order, stopped in the reverse: who sends stops before who keeps."""

UNHURRIED = frozenset(
    {
        "backoffice",
        "notifications",
        "loki",
        "tempo",
        "prometheus",
        "alertmanager",
        CONSOLE,
        TRAFFIC,
    }
)
"""Nobody's answer waits for them: where the CPU is short they yield. The collector does
not: whoever sends to it would have to drop."""

YIELDS_BY = 12
"""In the unit of nice(1): such a process has a fifteenth of another's share."""

TEMPO_STOPS_S = 8
"""Its flush takes five seconds. If asked shortly before, 2.8 then waits for ever for its
empty query queue to be cleared, with everything on disk."""


@dataclass(frozen=True, slots=True)
class Process:
    """One long-running child of supervisord."""

    name: str
    group: str
    command: list[str]
    ports: tuple[str, ...]
    """Names in .env; the first is where it is asked."""
    ready: str
    """Path that answers 200 when it can work; without one, PostgreSQL's own question.
    Who has no port is asked nothing: it is ready when it runs."""
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_within_s: int = 15
    """Past this it is killed."""

    def url(self, ports: Ports) -> str:
        return ports.url(self.ports[0]) if self.ready else ""

    @property
    def line(self) -> list[str]:
        """What supervisord runs."""
        nice = ["nice", "-n", str(YIELDS_BY)] if self.name in UNHURRIED else []
        return [*nice, *self.command]


Make = Callable[[Instance, Ports], Process]


def stack(
    instance: Instance, ports: Ports, shape: Shape | None = None
) -> list[Process]:
    """What `up` starts, or has started; Grafana where the machine has it."""
    shape = shape or Shape.load(instance)
    collector = partial(_otelcol, sampled=shape.sampled)
    makers: list[Make] = [_postgres, _nats, _loki, _tempo]
    makers += [_prometheus, _alertmanager, collector]
    if grafana():
        makers.append(_grafana)
    if shape.faults:
        makers.append(_toxiproxy)
    servers = [make(instance, ports) for make in makers]
    return [*servers, *services(ports, shape), *callers(ports, shape)]


def services(ports: Ports, shape: Shape) -> list[Process]:
    """Each service once, and the further replicas of those that have them."""
    firsts = [Replica(name) for name in environment.SERVICES]
    replicas = [*firsts, *shape.further()]
    return [_service(each, ports, shape) for each in replicas]


def callers(ports: Ports, shape: Shape) -> list[Process]:
    """Whoever pays by itself."""
    makers = {PROBE: _probe, CONSOLE: _console, TRAFFIC: _traffic}
    return [make(ports) for name, make in makers.items() if name in shape.callers()]


def used_ports(shape: Shape | None = None) -> list[str]:
    """Names of the ports that a start takes."""
    shape = shape or Shape()
    further = {replica.process for replica in shape.further()}
    left_out = {*FURTHER} - further
    if not grafana():
        left_out.add("grafana")
    if not shape.faults:
        left_out.add("toxiproxy")
    if not shape.probe:
        left_out.add(PROBE)
    if not shape.console:
        left_out.add(CONSOLE)
    return [port for name in PORTS if name not in left_out for port in PORTS[name]]


FURTHER = {each.process: (each.port,) for each in Shape(MOST).further()}


PORTS: dict[str, tuple[str, ...]] = {
    "postgres": ("POSTGRES_PORT",),
    "nats": ("NATS_MONITOR_PORT", "NATS_PORT"),
    "loki": ("LOKI_PORT", "LOKI_GRPC_PORT"),
    "tempo": ("TEMPO_PORT", "TEMPO_GRPC_PORT", "TEMPO_OTLP_PORT"),
    "prometheus": ("PROMETHEUS_PORT",),
    "alertmanager": ("ALERTMANAGER_PORT",),
    "otelcol": (
        "COLLECTOR_HEALTH_PORT",
        "COLLECTOR_METRICS_PORT",
        "OTLP_GRPC_PORT",
        "OTLP_HTTP_PORT",
    ),
    "grafana": ("GRAFANA_PORT",),
    "toxiproxy": (
        "TOXIPROXY_PORT",
        *(replica.proxy_port for replica in proxied(Shape(MOST))),
    ),
    **{name: (f"{name.upper()}_PORT",) for name in environment.SERVICES},
    **FURTHER,
    PROBE: ("PROBE_PORT",),
    CONSOLE: ("CONSOLE_PORT",),
    TRAFFIC: (),
}


def _postgres(instance: Instance, ports: Ports) -> Process:
    command = postgres.command(instance, ports["POSTGRES_PORT"])
    return Process(
        "postgres", "base", command, PORTS["postgres"], "", stop_signal="INT"
    )


def _nats(instance: Instance, ports: Ports) -> Process:
    where = ["-a", LOOPBACK, "-p", str(ports["NATS_PORT"])]
    watch = ["-m", str(ports["NATS_MONITOR_PORT"])]
    keep = ["-js", "-sd", str(instance.home / "nats")]
    return _server("nats", "base", "nats-server", [*where, *watch, *keep], "/healthz")


def _loki(instance: Instance, ports: Ports) -> Process:
    flags = ["-config.file=loki/config.yaml", "-config.expand-env=true"]
    return _server("loki", "backends", "loki", flags, "/ready")


def _tempo(instance: Instance, ports: Ports) -> Process:
    flags = ["-config.file=tempo/config.yaml", "-config.expand-env=true"]
    server = _server("tempo", "backends", "tempo", flags, "/ready")
    return replace(server, stop_within_s=TEMPO_STOPS_S)


def _prometheus(instance: Instance, ports: Ports) -> Process:
    home = instance.home / "prometheus"
    flags = [
        f"--config.file={home / 'prometheus.yml'}",
        f"--storage.tsdb.path={home / 'data'}",
        "--storage.tsdb.retention.time=72h",
        f"--web.listen-address={LOOPBACK}:{ports['PROMETHEUS_PORT']}",
        "--web.enable-otlp-receiver",
        "--web.enable-remote-write-receiver",
        "--enable-feature=exemplar-storage",
    ]
    return _server("prometheus", "backends", "prometheus", flags, "/-/ready")


def _alertmanager(instance: Instance, ports: Ports) -> Process:
    """It is alone: nobody to gossip with."""
    home = instance.home / "alertmanager"
    flags = [
        f"--config.file={home / 'config.yaml'}",
        f"--storage.path={home / 'data'}",
        f"--web.listen-address={LOOPBACK}:{ports['ALERTMANAGER_PORT']}",
        "--cluster.listen-address=",
    ]
    return _server("alertmanager", "backends", "alertmanager", flags, "/-/ready")


def _otelcol(instance: Instance, ports: Ports, *, sampled: bool = False) -> Process:
    files = ["config.yaml", "sampled.yaml"] if sampled else ["config.yaml"]
    flags = [word for name in files for word in ("--config", f"otel-collector/{name}")]
    return _server("otelcol", "collector", "otelcol", flags, "/")


def _server(
    name: str, group: str, binary: str, flags: list[str], ready: str
) -> Process:
    command = [str(program(binary)), *flags]
    own = environment.of_server(name)
    return Process(name, group, command, PORTS[name], ready, own)


def _toxiproxy(instance: Instance, ports: Ports) -> Process:
    where = ["-host", LOOPBACK, "-port", str(ports["TOXIPROXY_PORT"])]
    flags = [*where, "-config", str(instance.home / "toxiproxy.json")]
    return _server("toxiproxy", "base", "toxiproxy", flags, "/version")


def _service(replica: Replica, ports: Ports, shape: Shape) -> Process:
    """Further replicas are groups of their own, so that they can come and go alone."""
    name, number = replica.process, replica.number
    group = "services" if number == 1 else f"replicas-{number}"
    command = [sys.executable, "-m", f"apps.{replica.service}"]
    own = environment.of_service(replica.service, ports, shape, number)
    return Process(name, group, command, PORTS[name], "/readyz", own)


def _probe(ports: Ports) -> Process:
    """It measures what clients wait: unlike traffic, it yields to nobody."""
    command = [sys.executable, "-m", "apps.probe"]
    own = environment.of_probe(ports)
    return Process(PROBE, PROBE, command, PORTS[PROBE], "/readyz", own)


def _console(ports: Ports) -> Process:
    command = [sys.executable, "-m", "apps.console"]
    own = environment.of_console(ports)
    return Process(CONSOLE, CONSOLE, command, PORTS[CONSOLE], "/readyz", own)


def _traffic(ports: Ports) -> Process:
    command = [sys.executable, "-m", "loadtests.traffic"]
    return Process(TRAFFIC, TRAFFIC, command, (), "", environment.of_traffic(ports))


def grafana() -> Path | None:
    """The machine's Grafana, if it has one; there is none to build."""
    found = shutil.which("grafana") or shutil.which(
        "grafana", path="/usr/share/grafana/bin"
    )
    return Path(found).resolve() if found else None


def _grafana(instance: Instance, ports: Ports) -> Process:
    binary = grafana()
    assert binary  # noqa: S101  (stack() asked before)
    homes = [Path("/usr/share/grafana"), binary.parent.parent]
    home = next((each for each in homes if (each / "conf").is_dir()), binary.parent)
    command = [str(binary), "server", "--homepath", str(home)]
    own = environment.of_server("grafana") | environment.of_grafana(instance, ports)
    return Process("grafana", "backends", command, PORTS["grafana"], "/api/health", own)
