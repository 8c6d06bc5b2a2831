"""EDGES: who calls whom and who hears whom, as one payment's trace shows it."""

import pytest

from native.backends import until

CALL = ("CLIENT", "SERVER")
MESSAGE = ("PRODUCER", "CONSUMER")

EDGES = [
    ("gateway", "payments", CALL),
    ("payments", "bank", CALL),
    ("payments", "fraud", MESSAGE),
    ("payments", "backoffice", MESSAGE),
    ("payments", "notifications", MESSAGE),
]

IDS = [f"{caller}-{callee}" for caller, callee, _ in EDGES]


@pytest.mark.parametrize(("caller", "callee", "kinds"), EDGES, ids=IDS)
def test_an_edge_is_a_direct_parent_and_child(spans, caller, callee, kinds):
    known = {span.id: span for span in spans}
    pairs = [
        (known[span.parent], span)
        for span in spans
        if span.parent
        and (known[span.parent].service, span.service) == (caller, callee)
    ]

    assert [(above.kind, below.kind) for above, below in pairs] == [kinds]


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
        lambda samples: len(samples) >= len(EDGES),
        within=60,
    )

    edges = {(sample.labels["client"], sample.labels["server"]) for sample in drawn}
    assert edges == {(caller, callee) for caller, callee, _ in EDGES}


@pytest.mark.parametrize("service", ["payments", "bank", "fraud"])
def test_a_database_is_a_node_of_its_own(stack, spans, service):
    query = (
        "traces_service_graph_request_total"
        f'{{client="{service}", connection_type="database"}}'
    )

    samples = until(lambda: stack.backends.prometheus.now(query), within=60)

    assert service not in {sample.labels["server"] for sample in samples}


def test_messages_say_where_they_went(spans):
    (sent,) = [span for span in spans if span.kind == "PRODUCER"]
    heard = [span for span in spans if span.kind == "CONSUMER"]

    assert sent.attributes["messaging.system"] == "nats"
    assert sent.attributes["messaging.destination.name"] == "pay.v1.payment.authorised"
    assert {span.parent for span in heard} == {sent.id}
    assert len({span.fact("messaging.consumer.group.name") for span in heard}) == 3
