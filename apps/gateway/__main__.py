"""Runs the gateway: settings → ports → faces."""

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from starlette.types import ASGIApp

from apps.kit import http
from apps.kit.auth import SCOPES
from apps.kit.caching import Cache
from apps.kit.credentials import Credentials
from apps.kit.discovery import Directory
from apps.kit.http import ServiceClient
from apps.kit.jwt import KnownTokens, Reader
from apps.kit.limits import MovingWindow
from apps.kit.lines import OwnLine
from apps.kit.service import Service, run
from apps.kit.settings import EX_CONFIG, load
from apps.kit.shedding import Bounds, Shedder
from apps.kit.values import now, uuid7

from .app import assembled
from .app.entrance import Entrance
from .app.front import Front
from .app.trusting import Trusting
from .clients.fleet import HttpFleet
from .clients.parts import HttpParts, bulkheads
from .clients.registry import registered
from .clients.signing import SigningKeys, signing_keys
from .clients.upstreams import HttpUpstream
from .domain.addresses import networks
from .domain.clients import NOBODY, Client, Terms
from .domain.kept import FRESH_S, STALE_S
from .domain.limits import Policy
from .domain.routes import SERVICES, FaultyTable, Table, table_of
from .ports import Issuing, Ports
from .settings import Settings
from .usecases.forwarding import AWAY
from .usecases.issuing import issue_own
from .usecases.limiting import LimitedTokens, Limits

NAME = "gateway"
OURSELVES = Client(
    NAME, NOBODY, frozenset({"bank:read", "fraud:read", "notifications:read"})
)
"""Who asks for parts that callers need not be known for; no secret is its own."""

DOCUMENT = Path(__file__).with_name("openapi.json")


def build(settings: Settings, table: Table) -> Service:
    """Put the service together."""
    services = {name: _client(name, settings) for name in sorted(SERVICES)}
    keys = signing_keys(settings.signing_key_file)
    limits = limits_of(settings)
    tokens = KnownTokens(Reader(settings.issuer, settings.audience), keys.public)
    shedder = Shedder(_bounds(settings))
    line = OwnLine(NAME, settings.nats_url)
    directory = Directory(line, *(each.replicas for each in services.values()))
    fleet = HttpFleet.of(services, settings.operating_timeout_s)
    return Service(
        NAME,
        ports_of(settings, table, services, keys, fleet),
        assembled(table),
        parts=[*services.values(), fleet, line, directory],
        tokens=LimitedTokens(tokens, limits),
        shedder=shedder,
        trusts=Trusting(tokens),
        before=partial(Front, shedder=shedder),
        inside=_entrance(settings, limits),
        document=json.loads(DOCUMENT.read_text()),
    )


def ports_of(
    settings: Settings,
    table: Table,
    services: Mapping[str, ServiceClient],
    keys: SigningKeys,
    fleet: HttpFleet,
) -> Ports:
    """What the routes need from outside."""
    upstreams = {name: HttpUpstream(name, each) for name, each in services.items()}
    terms = Terms(settings.issuer, settings.audience, settings.token_life_s)
    issuing = Issuing(registered(settings.clients_file), keys, terms, uuid7, now)
    own = Credentials(partial(issue_own, OURSELVES, issuing))
    return Ports(
        upstreams=upstreams,
        limits={name: _window(policy) for name, policy in table.limits.items()},
        kept=Cache("reference", fresh_s=FRESH_S, stale_s=STALE_S, faults=AWAY),
        issuing=issuing,
        parts=HttpParts(
            upstreams,
            own.token,
            bulkheads(settings.part_places),
            settings.part_budget_s,
        ),
        fleet=fleet,
    )


def limits_of(settings: Settings) -> Limits:
    """The limits that hold whatever is asked for."""
    written = {
        "address": settings.address_limit,
        "issuing": settings.issuing_limit,
        "strangers": settings.stranger_limit,
        "clients": settings.client_limit,
        "house": settings.house_limit,
    }
    return Limits(
        **{name: _window(Policy.of(name, each)) for name, each in written.items()}
    )


def table_at(path: Path) -> Table:
    """The route table; one that cannot be served stops the start."""
    try:
        return table_of(path.read_text(), frozenset(SCOPES))
    except (OSError, FaultyTable) as fault:
        sys.stderr.write(f"GATEWAY_ROUTES_FILE: {path}: {fault}\n")
        raise SystemExit(EX_CONFIG) from None


def _client(name: str, settings: Settings) -> ServiceClient:
    urls = getattr(settings, f"{name}_urls")
    return http.client(name, urls, timeout_s=settings.upstream_timeout_s)


def _window(policy: Policy) -> MovingWindow:
    return MovingWindow(policy.name, policy.most, policy.within_s)


def _bounds(settings: Settings) -> Bounds:
    least, most = settings.least_in_flight, settings.most_in_flight
    start = min(max(least, settings.in_flight), most)
    return Bounds(least, most, start, target_s=settings.calm_s)


def _entrance(settings: Settings, limits: Limits) -> Callable[[ASGIApp], ASGIApp]:
    return partial(
        Entrance,
        limits=limits,
        total_s=settings.total_s,
        proxies=networks(settings.trusted_proxies),
    )


if __name__ == "__main__":
    settings = load(Settings)
    table = table_at(settings.routes_file)
    run(NAME, settings, partial(build, settings, table))
