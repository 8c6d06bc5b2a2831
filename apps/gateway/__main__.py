"""Runs the gateway: settings → ports → faces."""

from functools import partial

from apps.kit import http
from apps.kit.jwt import KnownTokens, Reader
from apps.kit.service import Service, run
from apps.kit.settings import load
from apps.kit.values import now, uuid7

from .app import router
from .clients.registry import registered
from .clients.signing import signing_keys
from .clients.upstreams import HttpUpstream
from .domain.clients import Terms
from .ports import Issuing, Ports
from .settings import Settings

NAME = "gateway"


def build(settings: Settings) -> Service:
    """Put the service together."""
    payments = http.client(
        "payments", settings.payments_url, timeout_s=settings.payments_timeout_s
    )
    keys = signing_keys(settings.signing_key_file)
    terms = Terms(settings.issuer, settings.audience, settings.token_life_s)
    ports = Ports(
        HttpUpstream("payments", payments),
        settings.token.get_secret_value(),
        Issuing(registered(settings.clients_file), keys, terms, uuid7, now),
    )
    tokens = KnownTokens(Reader(settings.issuer, settings.audience), keys.public)
    return Service(NAME, ports, router, parts=[payments], tokens=tokens)


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
