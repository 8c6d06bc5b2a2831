"""What a stranger writes into his request's first lines breaks nothing and is told safely."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.kit import heads
from apps.kit.heads import HOST_LIMIT, PATH_LIMIT
from apps.kit.server import ServerTelemetry


def asked(path="/", scheme="http", **headers):
    scope = {"method": "GET", "scheme": scheme, "path": path}
    return heads.asked(scope, headers)


@pytest.mark.parametrize(
    ("host", "scheme", "address", "port"),
    [
        ("shop.example", "http", "shop.example", 80),
        ("shop.example", "https", "shop.example", 443),
        ("shop.example:8000", "http", "shop.example", 8000),
        ("shop.example:", "http", "shop.example", 80),
        ("[::1]:8000", "http", "::1", 8000),
        ("[::1]", "http", "::1", 80),
        ("", "http", "", 80),
        ("x:²", "http", "x:²", 80),
        ("x:٣", "http", "x:٣", 80),
        ("x:99999", "http", "x:99999", 80),
        ("[", "http", "[", 80),
        ("a:b:c", "http", "a:b:c", 80),
        ("5204460010000007:8000", "http", "•••• 0007", 8000),
        ("5204460010000007:²", "http", "•••• 0007:²", 80),
    ],
)
def test_a_host_is_a_name_and_a_port_or_told_as_it_is(host, scheme, address, port):
    facts = asked(host=host, scheme=scheme)

    assert (facts["server.address"], facts["server.port"]) == (address, port)


@given(st.text(st.characters(max_codepoint=255)) | st.text(":[]0123456789²a-. "))
def test_whatever_the_host_is_it_has_a_port(host):
    assert 0 < asked(host=host)["server.port"] <= 65_535


def test_of_what_is_too_long_the_beginning_is_told():
    facts = asked(path="/" + "4-" * 4_000, host="x:" + "9" * 5_000)

    assert len(facts["url.path"]) <= PATH_LIMIT + 1
    assert len(facts["server.address"]) <= HOST_LIMIT + 1


async def test_a_request_with_a_nonsensical_port_has_its_span_and_its_answer(told):
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 204, "headers": []})

    given = []

    async def send(message):
        given.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "scheme": "http",
        "headers": [(b"host", b"x:\xb2")],
    }
    await ServerTelemetry(app)(scope, None, send)

    assert given[0]["status"] == 204
    (span,) = told.spans
    assert span.attributes["server.port"] == 80
