"""API4:2023. What one caller may take has an end: bytes, time, pages, requests."""

import gzip
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from apps.kit.auth import SCOPES
from apps.kit.service import BODY_LIMIT
from tests.stack.stack import SERVICES

from .asking import BASE
from .wire import head, line_to, read, sent, status_of

SLOW = 200
"""Clients that drip, all at once."""

HEADERS_CUT_S = 7.0
BODY_CUT_S = 12.0
MEGABYTE = bytes(1 << 20)


@pytest.fixture
def asking(mint):
    """The headers of somebody who may do everything."""
    return {
        "Authorization": f"Bearer {mint.token()}",
        "Content-Type": "application/json",
    }


WRITING = {
    "gateway": f"POST {BASE}/payments",
    "payments": "POST /payments",
    "bank": "POST /authorisations",
    "fraud": "POST /assessments",
    "backoffice": "POST /ops/projections/payments/rebuild",
    "notifications": "PUT /demo/webhooks/behaviour",
}


@pytest.mark.parametrize("service", sorted(WRITING.keys() - {"backoffice"}))
def test_a_body_that_is_announced_too_large_is_not_read(stack, asking, service):
    url = stack.ports.url(f"{service.upper()}_PORT")
    request = head(WRITING[service], **asking, Content_Length=str(100 << 20))

    heard = sent(url, request)

    assert heard.status == 413
    assert heard.after_s < 3


@pytest.mark.parametrize("service", sorted(WRITING.keys() - {"backoffice"}))
def test_a_body_without_an_end_is_hung_up_on(stack, asking, service):
    """100 MB in chunks; what the sockets hold on the way is all that is taken."""
    url = stack.ports.url(f"{service.upper()}_PORT")
    request = head(WRITING[service], **asking, Transfer_Encoding="chunked")
    chunk = b"%x\r\n%b\r\n" % (len(MEGABYTE), MEGABYTE)

    heard = sent(url, request, *[chunk] * 100)

    assert heard.sent < 32 << 20
    assert heard.status in {413, None}  # what was unread when it hung up may reset
    assert heard.after_s < BODY_CUT_S


@pytest.mark.parametrize("service", ["gateway", "payments"])
def test_a_bomb_is_not_inflated(stack, asking, service):
    bomb = gzip.compress(bytes(50 << 20))
    url = stack.ports.url(f"{service.upper()}_PORT")
    request = head(
        WRITING[service],
        **asking,
        Content_Encoding="gzip",
        Content_Length=str(len(bomb)),
    )

    heard = sent(url, request, bomb)

    assert len(bomb) < BODY_LIMIT
    assert heard.status == 415
    assert heard.after_s < 3


@pytest.mark.parametrize("service", SERVICES)
def test_headers_have_an_end(stack, service):
    url = stack.ports.url(f"{service.upper()}_PORT")

    heard = sent(url, head("GET /livez", **{f"X-{n}": "h" * 900 for n in range(60)}))
    assert heard.status in {200, 431}  # a probe says nothing, and reads nothing
    heard = sent(url, head("GET /pos", **{f"X-{n}": "h" * 900 for n in range(60)}))
    assert heard.status == 431


@pytest.mark.parametrize(
    ("service", "path"),
    [
        ("gateway", f"{BASE}/payments?limit=101"),
        ("gateway", f"{BASE}/payments?limit=0"),
        ("gateway", f"{BASE}/payments?limit=99999999999999999999"),
        ("payments", "/payments?limit=101"),
        ("backoffice", "/ops/dlq?limit=101"),
        ("backoffice", "/merchants/M-01/dashboard?days=91"),
        ("gateway", f"{BASE}/merchants/me/dashboard?days=36500"),
    ],
)
def test_a_page_has_an_end(minted, service, path):
    answer = minted(service, SCOPES, merchant_id="M-01").asks("GET", path)

    assert answer.status_code == 400
    assert answer.json()["code"] == "validation-failed"


def test_a_list_is_never_longer_than_a_page(minted):
    house = minted("gateway", SCOPES)

    assert len(house.gets(f"{BASE}/payments").json()["payments"]) <= 20
    assert len(house.gets(f"{BASE}/payments", limit=100).json()["payments"]) <= 100
    assert len(house.gets(f"{BASE}/cards").json()) <= 100


def test_a_caller_cannot_have_longer_than_there_is(m_01):
    """The header only shortens: a day is as good as the gateway's own three seconds."""
    begun = time.monotonic()
    answer = m_01.asks(
        "GET", f"{BASE}/payments", headers={"Request-Timeout-Ms": str(24 * 3_600_000)}
    )

    assert answer.status_code == 200
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("written", ["-1", "0", "1e9", "NaN", "9" * 40, "1;2"])
def test_no_patience_breaks_anything(m_01, written):
    answer = m_01.asks(
        "GET", f"{BASE}/payments", headers={"Request-Timeout-Ms": written}
    )

    assert answer.status_code in {200, 400, 504}


class Dripping:
    """Clients that send a byte a second, on connections of their own."""

    def __init__(self, url, count, first):
        self.lines = [line_to(url) for _ in range(count)]
        self.first = first
        self.begun = time.monotonic()
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._drip, daemon=True)

    def __enter__(self):
        for line in self.lines:
            line.sendall(self.first)
        self.thread.start()
        return self

    def _drip(self):
        while not self.stopped.wait(1.0):
            for line in self.lines:
                try:
                    line.sendall(b"X")
                except OSError:
                    continue  # hung up on

    def closed(self):
        """What each was told, and when the last one was."""
        with ThreadPoolExecutor(max_workers=len(self.lines)) as pool:
            said = list(pool.map(read, self.lines))
        return said, time.monotonic() - self.begun

    def __exit__(self, *_fault):
        self.stopped.set()
        self.thread.join()
        for line in self.lines:
            line.close()


def others(caller, count=30):
    """How the others fare meanwhile: their statuses, and the slowest of them."""
    statuses, slowest = set(), 0.0
    for _ in range(count):
        begun = time.monotonic()
        statuses.add(caller.asks_once("GET", f"{BASE}/payments?limit=1").status_code)
        slowest = max(slowest, time.monotonic() - begun)
        time.sleep(0.05)
    return statuses, slowest


@pytest.mark.parametrize("service", ["gateway", "payments"])
def test_clients_that_drip_their_headers_are_cut_off(stack, m_01, service):
    url = stack.ports.url(f"{service.upper()}_PORT")

    with Dripping(url, SLOW, b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ") as slow:
        statuses, slowest = others(m_01)
        _said, after_s = slow.closed()

    assert statuses == {200}
    assert slowest < 1.0
    assert after_s < HEADERS_CUT_S


def test_clients_that_drip_their_bodies_are_cut_off(stack, m_01, asking):
    start = head(f"POST {BASE}/payments", **asking, Content_Length="1000")

    with Dripping(stack.gateway.url, SLOW, start) as slow:
        statuses, slowest = others(m_01)
        said, after_s = slow.closed()

    assert statuses == {200}
    assert slowest < 1.0
    assert after_s < BODY_CUT_S
    assert {status_of(text) for text in said} <= {400, 408, 503, None}


def test_idle_connections_are_no_obstacle(stack, m_01):
    """Five hundred that say nothing: the others do not notice."""
    with ExitStack() as kept:
        for _ in range(500):
            kept.enter_context(line_to(stack.gateway.url))
        statuses, slowest = others(m_01, 10)

    assert statuses == {200}
    assert slowest < 1.0
