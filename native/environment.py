"""What servers and services find in their environment, for one instance."""

import os
from collections.abc import Mapping

from .paths import MARK, ROOT, Instance
from .ports import LOOPBACK, Ports
from .shape import CONSOLE, PROBE, TRAFFIC, Replica, Shape

WITH_DATABASE = ("payments", "bank", "fraud", "backoffice", "notifications")
SERVICES = ("gateway", *WITH_DATABASE)

QUERIED = ("PROMETHEUS", "LOKI", "TEMPO")

MEMORY_LIMIT = {
    "nats": "64MiB",
    "otelcol": "400MiB",
    "loki": "400MiB",
    "tempo": "400MiB",
    "prometheus": "300MiB",
    "alertmanager": "48MiB",
    "grafana": "256MiB",
}
"""Where Go's collector begins to work harder; four-fifths of compose's limits."""


QUEUE_BYTES = str(2**30)
"""So much of each signal may wait on the collector's disk."""


def shared(instance: Instance, ports: Ports) -> dict[str, str]:
    """For every process: the ports by name, where to bind, whose child it is."""
    hosts = ("LOKI", "TEMPO", "PROMETHEUS", "COLLECTOR", "GRAFANA", "POSTGRES")
    return {
        MARK: str(instance.home),
        "BIND": LOOPBACK,
        "NO_PROXY": _without_proxy(),
        "no_proxy": _without_proxy(),
        **{name: str(port) for name, port in ports.items()},
        **{f"{host}_HOST": LOOPBACK for host in hosts},
        "LOKI_DIR": str(instance.home / "loki"),
        "TEMPO_DIR": str(instance.home / "tempo"),
        "QUEUE_DIR": str(instance.home / "otelcol"),
        "QUEUE_BYTES": os.environ.get("QUEUE_BYTES", QUEUE_BYTES),
        "PAYMENTS_CARD_KEY_FILE": str(instance.home / "secrets" / "card-key"),
        "NOTIFICATIONS_WEBHOOK_KEY_FILE": str(
            instance.home / "secrets" / "webhook-key"
        ),
        "GATEWAY_SIGNING_KEY_FILE": str(instance.home / "secrets" / "signing-key"),
        "BACKOFFICE_ALERTS_KEY_FILE": str(instance.home / "secrets" / "alerts-key"),
    }


GARBAGE = {"otelcol": "300"}
"""How much may be added to what lives, in percent, before Go collects. The collector
holds little for long: a seventh of its CPU for 25 MiB."""


def of_server(name: str) -> dict[str, str]:
    limit, garbage = MEMORY_LIMIT.get(name), GARBAGE.get(name)
    told = {"GOMEMLIMIT": limit, "GOGC": garbage}
    return {key: value for key, value in told.items() if value}


def of_grafana(instance: Instance, ports: Ports) -> dict[str, str]:
    """Grafana's own variables: data inside the instance, provisioning of the tree."""
    home = instance.home / "grafana"
    return {
        "GF_PATHS_DATA": str(home),
        "GF_PATHS_LOGS": str(home / "log"),
        "GF_PATHS_PLUGINS": str(home / "plugins"),
        "GF_PATHS_PROVISIONING": str(ROOT / "grafana" / "provisioning"),
        "GF_SERVER_HTTP_ADDR": LOOPBACK,
        "GF_SERVER_HTTP_PORT": str(ports["GRAFANA_PORT"]),
        "GF_AUTH_ANONYMOUS_ENABLED": "true",
        "GF_AUTH_ANONYMOUS_ORG_ROLE": "Admin",
        "GF_AUTH_DISABLE_LOGIN_FORM": "true",
        "GF_ANALYTICS_REPORTING_ENABLED": "false",
        "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
        **{f"{name}_URL": ports.url(f"{name}_PORT") for name in QUERIED},
    }


def of_service(
    name: str, ports: Ports, shape: Shape | None = None, number: int = 1
) -> dict[str, str]:
    """A service's own variables: its port, its database, its broker, its neighbours."""
    prefix, replica, shape = name.upper(), Replica(name, number), shape or Shape()
    own = {
        f"{prefix}_HOST": LOOPBACK,
        f"{prefix}_PORT": str(ports[replica.port]),
        f"{prefix}_NATS_URL": f"nats://{LOOPBACK}:{ports['NATS_PORT']}",
        "OTEL_EXPORTER_OTLP_ENDPOINT": ports.url("OTLP_GRPC_PORT"),
        "OTEL_RESOURCE_ATTRIBUTES": _resource(replica),
    }
    if name in WITH_DATABASE:
        where = f"{LOOPBACK}:{ports['POSTGRES_PORT']}"
        own[f"{prefix}_DATABASE_URL"] = f"postgresql://{name}:{name}@{where}/{name}"
        own[f"{prefix}_JWKS_URL"] = f"{ports.url('GATEWAY_PORT')}/.well-known/jwks.json"
        own[f"{prefix}_ADVERTISED_URL"] = _reached(replica, ports, shape)
    return own | _neighbours(ports, shape).get(name, {})


def of_traffic(ports: Ports) -> dict[str, str]:
    """Whom the light traffic pays, and where its telemetry goes."""
    return {
        "LOAD_HOST": ports.url("GATEWAY_PORT"),
        "LOAD_JOURNEY": TRAFFIC,
        "OTEL_SERVICE_NAME": TRAFFIC,
        "OTEL_EXPORTER_OTLP_ENDPOINT": ports.url("OTLP_HTTP_PORT"),
        "OTEL_RESOURCE_ATTRIBUTES": _resource(Replica(TRAFFIC)),
    }


def of_probe(ports: Ports) -> dict[str, str]:
    """The way in that it tries; it knows nobody behind."""
    return {
        "PROBE_HOST": LOOPBACK,
        "PROBE_PORT": str(ports["PROBE_PORT"]),
        "PROBE_GATEWAY_URL": ports.url("GATEWAY_PORT"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": ports.url("OTLP_GRPC_PORT"),
        "OTEL_RESOURCE_ATTRIBUTES": _resource(Replica(PROBE)),
    }


def of_console(ports: Ports) -> dict[str, str]:
    """Whom the web page asks."""
    asked = {
        "GATEWAY": "GATEWAY_PORT",
        "LOKI": "LOKI_PORT",
        "TEMPO": "TEMPO_PORT",
        "PROMETHEUS": "PROMETHEUS_PORT",
        "ALERTMANAGER": "ALERTMANAGER_PORT",
        "NATS": "NATS_MONITOR_PORT",
        "LOCUST": "LOCUST_PORT",
        "GRAFANA": "GRAFANA_PORT",
    }
    return {
        "CONSOLE_HOST": LOOPBACK,
        "CONSOLE_PORT": str(ports["CONSOLE_PORT"]),
        **{f"CONSOLE_{name}_URL": ports.url(port) for name, port in asked.items()},
        "OTEL_EXPORTER_OTLP_ENDPOINT": ports.url("OTLP_GRPC_PORT"),
        "OTEL_RESOURCE_ATTRIBUTES": _resource(Replica(CONSOLE)),
    }


def _reached(replica: Replica, ports: Ports, shape: Shape) -> str:
    """Where others reach it: past the fault proxy, or through it."""
    return ports.url(replica.proxy_port if shape.faults else replica.port)


def _neighbours(ports: Ports, shape: Shape) -> Mapping[str, dict[str, str]]:
    """The first replica of each; who else there is, they announce themselves."""
    first = {name: _reached(Replica(name), ports, shape) for name in WITH_DATABASE}
    return {
        "gateway": {f"GATEWAY_{name.upper()}_URLS": url for name, url in first.items()},
        "payments": {
            "PAYMENTS_TOKEN_URL": f"{ports.url('GATEWAY_PORT')}/oauth/token",
            "PAYMENTS_BANK_URL": first["bank"],
            "PAYMENTS_FRAUD_URL": first["fraud"],
        },
        "backoffice": {"BACKOFFICE_NATS_MONITOR_URL": ports.url("NATS_MONITOR_PORT")},
        "notifications": {
            "NOTIFICATIONS_WEBHOOK_URL": f"{ports.url('NOTIFICATIONS_PORT')}/demo/webhooks"
        },
    }


def _resource(replica: Replica) -> str:
    facts = {
        "service.namespace": "payscope",
        "service.instance.id": replica.instance,
        "deployment.environment.name": "native",
    }
    return ",".join(f"{key}={value}" for key, value in facts.items())


def _without_proxy() -> str:
    """Loopback never goes through the user's proxy; his own exceptions stay."""
    theirs = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(part for part in (theirs, LOOPBACK, "localhost") if part)
