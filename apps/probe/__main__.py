"""Runs the probe: settings → ports → faces."""

from functools import partial

from fastapi import APIRouter

from apps.kit import http
from apps.kit.credentials import credentials
from apps.kit.jobs import Every
from apps.kit.service import Service, run
from apps.kit.settings import load
from apps.kit.values import now, uuid7

from .clients import HttpGateway
from .settings import Settings
from .usecases import Ports, Turns

NAME = "probe"


def build(settings: Settings) -> Service:
    """Put the service together; nobody asks it anything but whether it lives."""
    url = settings.gateway_url
    client = http.client("gateway", url, timeout_s=settings.patience_s)
    own = credentials(f"{url}/oauth/token", settings.client_id, settings.client_secret)
    client.auth = own
    gateway = HttpGateway(client, settings.pos_id, settings.card_number, uuid7, now)
    ports = Ports(gateway, settings.slow_s, settings.grace_s)
    turns = Turns(ports)
    paying = Every("probe.pay", settings.every_s, turns.next, at_once=True)
    return Service(NAME, ports, APIRouter(), parts=[client, own, paying])


if __name__ == "__main__":
    settings = load(Settings)
    run(NAME, settings, partial(build, settings))
