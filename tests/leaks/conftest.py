"""A stack of their own for these rows, whose merchants answer with card numbers.

Instance "leaks"; PAYSCOPE_KEEP=1 leaves it up. LEAKS_PAYMENTS says how many are planted.
"""

import http.server
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from native.backends import until
from native.faults import Faults
from tests import planting
from tests.chaos.drill import Drill
from tests.chaos.rows import Row
from tests.conftest import free_port
from tests.stack.running import at_most, folder_of, up
from tests.stack.stack import Stack

INSTANCE = "leaks"
HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ten thousand payments take their time, and so does looking for what was planted."""
    at_most(3600, items, HERE)


class Merchant(http.server.BaseHTTPRequestHandler):
    """Takes a webhook, and says a card number wherever an answer can say one."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        number = planting.number("visa")
        said = f'{{"thanks": "{number}", "cvv": "123"}}'.encode()
        self.send_response(200 if number[-1] in "02468" else 500, f"OK {number}")
        self.send_header("X-Card", number)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture(scope="package")
def merchants() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), Merchant)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="package")
def stack(merchants: str) -> Iterator[Stack]:
    os.environ["NOTIFICATIONS_WEBHOOK_URL"] = merchants
    try:
        with up(INSTANCE) as stack:
            yield stack
    finally:
        del os.environ["NOTIFICATIONS_WEBHOOK_URL"]


@pytest.fixture(scope="package")
def folder(stack: Stack) -> Path:
    return folder_of(stack)


@pytest.fixture
def drill(
    stack: Stack, folder: Path, request: pytest.FixtureRequest
) -> Iterator[Drill]:
    """The row that the test is marked with; its file is written whatever comes of it."""
    row = Row(*request.node.get_closest_marker("row").args)
    drill = Drill(stack, Faults(stack.ports), row, folder)
    until(drill.is_well, within=60, every=0.5)
    yield drill
    row.write(folder)
