"""API7:2023. No caller says where a service asks: addresses are configuration."""

import json
import time
from uuid import uuid4

import pytest

from native.gateway import order

from .asking import BASE
from .listening import listening
from .operations import all_operations, documents
from .wire import head, sent

ADDRESSES = (
    "url",
    "uri",
    "href",
    "callback",
    "webhook",
    "redirect",
    "host",
    "endpoint",
)
EVIL = "http://169.254.169.254/latest/meta-data"


def asked_of_callers():
    """The name and the schema of all that a caller may send, of every service."""
    for operation in all_operations():
        for parameter in operation.told.get("parameters", ()):
            yield str(operation), parameter["name"], parameter["schema"]
        if operation.schema:
            yield from named(str(operation), operation.schema, operation.service)


def named(where, schema, service):
    for name, part in schema.get("properties", {}).items():
        yield where, name, part
        if "$ref" in part:
            inner = documents()[service]["components"]["schemas"]
            yield from named(where, inner[part["$ref"].rpartition("/")[2]], service)


def test_no_input_is_an_address():
    asked = list(asked_of_callers())

    assert len(asked) > 40
    for where, name, schema in asked:
        assert schema.get("format") not in {"uri", "url", "uri-reference"}, where
        assert not any(word in name.lower() for word in ADDRESSES), (where, name)


@pytest.mark.parametrize("name", ["webhook_url", "callback", "notify", "return_url"])
def test_an_address_beside_an_order_is_refused(m_01, name):
    with listening() as ours:
        refused = m_01.asks("POST", f"{BASE}/payments", json=order(**{name: ours.url}))
        time.sleep(0.5)

    assert refused.status_code == 422
    assert ours.heard == []


def test_an_address_for_a_word_is_only_a_word(m_02):
    """A reference may look like one: it is kept, shown to its merchant, and never asked."""
    with listening() as ours:
        word = f"{ours.url}/{uuid4().hex}"
        kept = m_02.pays(pos_id="POS-04", merchant_reference=word)
        refused = m_02.pays(pos_id=ours.url)
        time.sleep(0.5)

    assert (kept.status_code, refused.status_code) == (201, 422)
    assert kept.json()["merchant_reference"] == word
    assert ours.heard == []


@pytest.mark.parametrize(
    "header",
    [
        "Host",
        "X-Forwarded-Host",
        "X-Forwarded-For",
        "X-Original-URL",
        "X-Rewrite-URL",
        "Forwarded",
        "Referer",
        "Origin",
        "Destination",
        "traceparent",
    ],
)
def test_no_header_leads_a_service_elsewhere(m_01, header):
    with listening() as ours:
        where = f"127.0.0.1:{ours.port}"
        answer = m_01.asks(
            "POST",
            f"{BASE}/payments",
            json=order(9_000),
            headers={header: where if header == "Host" else ours.url},
        )
        time.sleep(0.2)

    assert answer.status_code == 201, answer.text
    assert ours.heard == []
    assert where not in json.dumps(dict(answer.headers)) + answer.text
    assert answer.headers["location"].startswith("/api/v1/payments/")


@pytest.mark.parametrize("service", ["gateway", "payments", "bank"])
def test_nobody_is_a_proxy(stack, mint, service):
    """An absolute target, or CONNECT, reaches nobody."""
    url = stack.ports.url(f"{service.upper()}_PORT")
    token = f"Bearer {mint.token()}"
    with listening() as ours:
        for request in (
            f"GET {ours.url}/x",
            f"CONNECT 127.0.0.1:{ours.port}",
            f"GET //127.0.0.1:{ours.port}/x",
            f"GET /api/v1/http://127.0.0.1:{ours.port}/x",
            f"GET /api/v1/payments/@127.0.0.1:{ours.port}",
            f"GET /api/v1/payments/..%2f..%2f@127.0.0.1:{ours.port}",
            f"GET {EVIL}",
        ):
            heard = sent(url, head(request, Authorization=token, Connection="close"))
            assert heard.status in {400, 404, 405, 421, 501, None}, request
        time.sleep(0.5)

    assert ours.heard == []


@pytest.mark.parametrize(
    "id_",
    [
        "..%2f..%2fops%2fsteps",
        "%2e%2e/%2e%2e/ops/steps",
        "..;/ops/steps",
        "01a20324-2230-70f7-8019-4a6680b375b3%2f..%2f..%2fops",
        "01a20324-2230-70f7-8019-4a6680b375b3%3flimit=1",
        "01a20324-2230-70f7-8019-4a6680b375b3%23",
        "01a20324-2230-70f7-8019-4a6680b375b3%00",
    ],
)
def test_an_id_is_no_way_to_another_path_behind_the_gateway(gateway, id_):
    answer = gateway("ops").asks("GET", f"{BASE}/payments/{id_}")

    assert answer.status_code in {400, 404}
