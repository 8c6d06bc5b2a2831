"""One stack for all of these tests: the real servers as plain processes, instance "test".

PAYSCOPE_KEEP=1 leaves it up at the end, and uses it again the next time.
"""

import os
from collections import Counter
from pathlib import Path

import httpx
import pytest

from native.backends import Backends, until
from native.gateway import Gateway
from native.paths import Instance
from native.ports import Ports
from native.supervise import Supervisor
from tests.stack.stack import Stack, command

INSTANCE = "test"
TOLD_BY_HEARERS = Counter(
    {
        "process pay.v1.payment.received": 1,
        "process pay.v1.payment.authorised": 3,
        "process jobs.v1.webhook": 1,
        "fraud.count_card": 1,
        "backoffice.project": 2,
        "notifications.record": 1,
        "notifications.deliver": 1,
        "POST /demo/webhooks": 1,
    }
)
"""Spans that come last; fraud is in the trace before, since it was asked."""
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """All here need the stack; starting it may take longer than a test."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("stack")
            item.add_marker(pytest.mark.timeout(150, func_only=True))


@pytest.fixture(scope="session")
def stack():
    supervisor = Supervisor.of(INSTANCE)
    kept = bool(os.environ.get("PAYSCOPE_KEEP"))
    try:
        if not (kept and supervisor.is_up):
            command("up", "--instance", INSTANCE, "--no-story", "--json")
        ports = Ports.load(INSTANCE)
        with (
            Backends.of(ports) as backends,
            Gateway(ports.url("GATEWAY_PORT")) as gateway,
        ):
            yield Stack(Instance(INSTANCE), ports, gateway, backends, supervisor)
    finally:
        if not kept:
            command("down", "--instance", INSTANCE)


@pytest.fixture(scope="session")
def paid(stack) -> httpx.Response:
    """The answer to one payment that the bank was asked about."""
    answer = stack.gateway.pay()
    assert answer.status_code == 201, answer.text
    return answer


@pytest.fixture(scope="session")
def spans(stack, paid):
    """That payment's trace."""
    return until(
        lambda: stack.whole_trace(paid.headers["Trace-Id"]),
        lambda spans: Counter(span.name for span in spans) >= TOLD_BY_HEARERS,
        within=30,
    )
