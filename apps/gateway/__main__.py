"""Runs the gateway: settings → ports → faces."""

from functools import partial

from apps.kit import http
from apps.kit.service import Service, run
from apps.kit.settings import load

from .app import router
from .clients.upstreams import HttpUpstream
from .ports import Ports
from .settings import Settings

NAME = "gateway"


def build(settings: Settings) -> Service:
    """Put the service together."""
    payments = http.client(
        "payments", settings.payments_url, timeout_s=settings.payments_timeout_s
    )
    ports = Ports(HttpUpstream("payments", payments), settings.token.get_secret_value())
    return Service(NAME, ports, router, parts=[payments])


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
