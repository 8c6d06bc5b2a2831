"""EDGES: who calls whom and who hears whom, as one payment's trace shows it."""

import pytest

from native.backends import until
from tests.stack.stack import SERVICES

CALL = ("CLIENT", "SERVER")
MESSAGE = ("PRODUCER", "CONSUMER")

EDGES = [
    ("gateway", "payments", CALL),
    ("payments", "bank", CALL),
    ("payments", "fraud", CALL),
    ("payments", "fraud", MESSAGE),
    ("payments", "backoffice", MESSAGE),
    ("payments", "notifications", MESSAGE),
]

COMPOSED = {"bank", "fraud", "backoffice", "notifications"}
LATER = {
    ("bank", "payments"),
    ("fraud", "payments"),
    ("fraud", "backoffice"),
    *(("gateway", service) for service in COMPOSED),
    *((service, "gateway") for service in SERVICES if service != "gateway"),
}
"""Edges of other traces: a hold that was let go, a card that was flagged; an answer that
the gateway has of several; and whoever reads tokens has their issuer's keys from the
gateway, as payments its own token."""

IDS = [f"{caller}-{callee}-{kinds[0].lower()}" for caller, callee, kinds in EDGES]


@pytest.mark.parametrize(("caller", "callee", "kinds"), EDGES, ids=IDS)
def test_an_edge_is_a_direct_parent_and_child(spans, caller, callee, kinds):
    known = {span.id: span for span in spans}
    pairs = [
        (known[span.parent], span)
        for span in spans
        if span.parent
        and (known[span.parent].service, span.service) == (caller, callee)
    ]

    assert kinds in {(above.kind, below.kind) for above, below in pairs}
    assert {(above.kind, below.kind) for above, below in pairs} <= {CALL, MESSAGE}


def test_there_is_no_other_edge(spans):
    known = {span.id: span for span in spans}
    crossings = {
        (known[span.parent].service, span.service)
        for span in spans
        if span.parent and known[span.parent].service != span.service
    }

    assert crossings == {(caller, callee) for caller, callee, _ in EDGES}


@pytest.mark.parametrize(("caller", "callee", "kinds"), EDGES, ids=IDS)
def test_an_edge_is_in_the_service_graph(stack, spans, caller, callee, kinds):
    query = (
        f'traces_service_graph_request_total{{client="{caller}", server="{callee}"}}'
    )

    assert until(lambda: stack.backends.prometheus.total(query), within=60) >= 1


def test_the_service_graph_invents_no_edge_between_services(stack, spans):
    services = "|".join(sorted({service for edge in EDGES for service in edge[:2]}))
    query = (
        "sum by (client, server) (traces_service_graph_request_total"
        f'{{client=~"{services}", server=~"{services}"}}) > 0'
    )

    drawn = until(
        lambda: stack.backends.prometheus.now(query),
        lambda samples: len(samples) >= len(EDGES) - 1,
        within=60,
    )

    edges = {(sample.labels["client"], sample.labels["server"]) for sample in drawn}
    assert edges - LATER == {(caller, callee) for caller, callee, _ in EDGES}


@pytest.mark.parametrize("service", ["payments", "bank", "fraud"])
def test_a_database_is_a_node_of_its_own(stack, spans, service):
    query = (
        "traces_service_graph_request_total"
        f'{{client="{service}", connection_type="database"}}'
    )

    samples = until(lambda: stack.backends.prometheus.now(query), within=60)

    assert service not in {sample.labels["server"] for sample in samples}


def test_a_merchant_is_a_node_of_its_own(stack, spans):
    """The demo's merchants live in the process that calls them; nobody calls himself."""
    query = (
        "traces_service_graph_request_total"
        '{client="notifications", server="merchant", connection_type="virtual_node"}'
    )

    assert until(lambda: stack.backends.prometheus.total(query), within=60) >= 1


def test_messages_say_where_they_went(spans):
    sent = {
        span.fact("messaging.destination.name"): span
        for span in spans
        if span.kind == "PRODUCER"
    }
    heard: dict[str, set[str]] = {subject: set() for subject in sent}
    for span in spans:
        if span.kind == "CONSUMER":
            subject = span.fact("messaging.destination.name")
            heard[subject].add(span.fact("messaging.consumer.group.name"))
            assert span.parent == sent[subject].id

    assert {span.fact("messaging.system") for span in sent.values()} == {"nats"}
    assert heard == {
        "pay.v1.payment.received": {"backoffice-project"},
        "pay.v1.payment.authorised": {
            "backoffice-project",
            "fraud-count_card",
            "notifications-record",
        },
        "jobs.v1.webhook": {"notifications-deliver"},
    }
