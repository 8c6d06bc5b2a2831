"""Runs the console: settings → ports → pages."""

from functools import partial

from fastapi import APIRouter, FastAPI
from nicegui import core, ui

from apps.kit import http
from apps.kit.credentials import credentials
from apps.kit.service import Service, run
from apps.kit.settings import load
from apps.kit.values import now, uuid7

from . import app as pages
from . import signals
from .app.door import Door
from .clients.gateway import Gateway
from .clients.locust import Locust
from .clients.loki import Loki
from .clients.prometheus import Prometheus
from .clients.server import Server
from .clients.shelf import Shelf
from .clients.storyteller import Storyteller
from .clients.tempo import Tempo
from .ports import Ports
from .settings import Settings

NAME = "console"
HASTE_S = 0.5
"""Whether Grafana is there is asked beside the page: it is no reason to wait."""


def build(settings: Settings) -> Service:
    """Put the service together; its pages live on a websocket behind the door."""
    url, patience = settings.gateway_url, settings.patience_s
    client = http.client("gateway", url, timeout_s=patience)
    own = credentials(f"{url}/oauth/token", settings.client_id, settings.client_secret)
    client.auth = own
    gateway = Gateway(client, uuid7)
    stories = Storyteller(gateway, settings.loki_url, settings.tempo_url)
    prometheus = Prometheus("Prometheus", settings.prometheus_url, patience)
    loki = Loki("Loki", settings.loki_url, patience)
    tempo = Tempo("Tempo", settings.tempo_url, patience)
    alertmanager = Server("Alertmanager", settings.alertmanager_url, patience)
    nats = Server("NATS", settings.nats_url, patience)
    locust = Locust("Locust", settings.locust_url, patience)
    grafana = Server("Grafana", settings.grafana_url, HASTE_S)
    shown = (settings.grafana_shown_url or settings.grafana_url).rstrip("/")
    shelf = Shelf(settings.boards, settings.runbooks)
    ports = Ports(
        gateway, stories, prometheus, loki, tempo, alertmanager, nats, locust, grafana,
        shown, shelf, now,
    )  # fmt: skip
    pages.build(ports)
    servers = (prometheus, loki, tempo, alertmanager, nats, locust, grafana)
    return Service(
        NAME,
        ports,
        APIRouter(),
        parts=[client, own, stories, *servers],
        before=lambda told: Door(told, core.app, settings.names, signals.turned_away),
        pages=hang,
    )


def hang(app: FastAPI) -> None:
    """Our pages behind the kit's own routes; of NiceGUI's styles we use none.

    Its app is a FastAPI of its own, and would tell each request a second time.
    """
    told = core.app._telemetry
    told["tracing"] = told["metrics"] = told["logs"] = False
    ui.run_with(app, title="payscope", tailwind=False, show_welcome_message=False)


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
