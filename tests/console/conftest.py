"""The console beside the running stack, and a browser to walk it."""

import os
import subprocess
import sys

import httpx
import pytest

from native.backends import until
from tests.conftest import free_port
from tests.console.browser import chromium, walking
from tests.console.fakes import ROOT
from tests.stack.stack import command

ASKED = ("GATEWAY", "LOKI", "TEMPO", "PROMETHEUS", "ALERTMANAGER", "NATS", "LOCUST", "GRAFANA")  # fmt: skip


@pytest.fixture(scope="session")
def console(stack):
    """Its address; it joins the stack that is up."""
    name = stack.instance.name
    command("up", "--instance", name, "--no-story", "--json", "--console")
    for amount in (5_000, 25_000, 45_000):
        assert stack.gateway.pay(amount).status_code == 201
    until(
        lambda: stack.backends.prometheus.total("traces_service_graph_request_total"),
        within=60,
    )
    return stack.ports.url("CONSOLE_PORT")


@pytest.fixture(scope="session")
def alone():
    """The console's address, where nobody answers it."""
    port, nowhere = free_port(), "http://127.0.0.1:1"
    silent = {f"CONSOLE_{name}_URL": nowhere for name in ASKED}
    own = {"CONSOLE_HOST": "127.0.0.1", "CONSOLE_PORT": str(port)}
    told = {"OTEL_EXPORTER_OTLP_ENDPOINT": nowhere}
    env = {**os.environ, **silent, **own, **told}
    console = subprocess.Popen([sys.executable, "-m", "apps.console"], cwd=ROOT, env=env,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(f"{url}/readyz"), within=30)
        yield url
    finally:
        console.terminate()
        console.wait(20)


def _answers(url):
    try:
        return httpx.get(url, trust_env=False).is_success
    except httpx.TransportError:
        return False


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, or whichever there is, without a window."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        yield found
        found.close()


@pytest.fixture
def walker(browser, console):
    with walking(browser, console) as one:
        yield one
