"""API9:2023. What is served is in the documents, and what is in the documents is served."""

import importlib
import importlib.metadata

import pytest
from fastapi.routing import APIRoute

from tests.owasp.operations import documents as committed
from tests.stack.stack import SERVICES

UNTOLD = {
    "/livez",
    "/readyz",
    "/startupz",
    "/asyncapi.json",
    "/openapi.json",
    "/docs",
    "/docs/oauth2-redirect",
    "/redoc",
}
"""Probes, and the documents themselves."""


def every_route(router, prefix=""):
    """Whatever answers, also what was left out of the document on purpose."""
    for route in router.routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            yield from every_route(included)
        elif isinstance(route, APIRoute):
            yield route


@pytest.mark.parametrize("service", SERVICES)
def test_no_route_is_left_out_of_the_document(service):
    router = importlib.import_module(f"apps.{service}.app").router

    found = list(every_route(router))
    assert found
    assert [route.path for route in found if not route.include_in_schema] == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_runs_is_what_the_tree_says(documents, service):
    """No instance shows routes that the documents of its version do not have."""
    running, told = documents[service]["paths"], committed()[service]["paths"]

    assert {(path, method) for path in running for method in running[path]} == {
        (path, method) for path in told for method in told[path]
    }


@pytest.mark.parametrize("service", SERVICES)
def test_what_runs_says_its_version(documents, service):
    assert documents[service]["info"]["version"] == importlib.metadata.version(
        "payscope"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_there(minted, documents, service):
    """404 would be the router's own: of a path that nobody serves."""
    caller = minted(service, [])
    nothing = caller.asks("GET", "/nothing/of/the/kind").json()
    for path in documents[service]["paths"]:
        answer = caller.asks("OPTIONS", path.replace("{", "").replace("}", ""))
        assert answer.status_code == 405, path
    assert nothing["code"] == "not-found"


def test_the_outside_has_one_version(documents):
    outside = [
        path
        for path in documents["gateway"]["paths"]
        if not path.startswith(("/oauth/", "/.well-known/"))
    ]

    assert outside
    assert [path for path in outside if not path.startswith("/api/v1/")] == []


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_not_in_the_document_is_a_probe_or_a_document(minted, service):
    for path in UNTOLD:
        assert minted(service, []).asks("GET", path).status_code in {200, 404}, path


@pytest.mark.parametrize(
    "path",
    [
        "/payments",
        "/ops/steps",
        "/ops/projections",
        "/assessments",
        "/authorisations",
        "/demo/webhooks",
        "/api/v1/demo/webhooks",
        "/api/v1/authorisations",
        "/api/v1/assessments",
        "/api/v1/reversals",
    ],
)
def test_what_is_inside_is_not_reached_from_outside(gateway, path):
    for client in ("ops", "payments", "till"):
        for method in ("GET", "POST"):
            assert gateway(client).asks(method, path).status_code == 404
