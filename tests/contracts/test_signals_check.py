"""What arrives at the backends is held against what is declared."""

import pytest

from contract.arriving import Arrived, Told
from contract.budget import budget
from contract.declared import declared
from contract.foreign import FOREIGN, is_foreign
from contract.judging import judged, missing
from contract.matching import attribute, metric, spans_called
from contract.rare import RARE

CONTRACT = declared()
SILENT = Told("payments", "fraud.silent", frozenset({"fraud_checked", "fraud_silence"}))


def found(lines=(), events=(), spans=(), series=None):
    """Findings but for what did not come, of which there is much."""
    arrived = Arrived(set(lines), set(events), set(spans), series or {})
    return [each for each in judged(arrived) if each.what != "silent"]


def test_a_line_as_it_is_declared_is_well():
    assert found([SILENT]) == []


@pytest.mark.parametrize(
    ("service", "name", "keys", "what"),
    [
        ("payments", "fraud.silentt", {"fraud_checked"}, "undeclared"),
        ("payments", "fraud.silent", {"fraud_checked"}, "lacking"),
        (
            "payments",
            "fraud.silent",
            {"fraud_checked", "fraud_silence", "card_number"},
            "undeclared",
        ),
        (
            "payments",
            "fraud.silent",
            {"fraud_checked", "fraud_silence", "saga_step"},
            "undeclared",
        ),
        ("gateway", "fraud.silent", {"fraud_checked", "fraud_silence"}, "undeclared"),
    ],
    ids=["name", "lacks one", "unknown key", "another's key", "another's event"],
)
def test_a_line_that_is_not_as_declared_is_found(service, name, keys, what):
    assert {each.what for each in found([Told(service, name, frozenset(keys))])} == {
        what
    }


def test_what_comes_with_baggage_or_a_fault_may_be_on_any_line():
    keys = SILENT.keys | {"payscope_journey", "merchant_id", "exception_stacktrace"}

    assert found([Told("payments", SILENT.name, frozenset(keys))]) == []


def test_a_request_may_end_otherwise_than_it_was_about_to():
    """Its line has the facts of both ends; on its span the event has its own."""
    keys = {"problem_code", "problem_status", "upstream_service", "request_duration"}
    keys |= {"http_request_method", "http_response_status_code"}
    refused = Told("gateway", "request.refused", frozenset(keys))
    on_span = Told("gateway", "request.refused", frozenset({"problem.code"}))

    assert found([refused], [on_span]) == []


def test_names_of_programs_that_are_not_ours_are_theirs():
    assert found([Told("locust", "whatever", frozenset({"load_step"}))]) == []


@pytest.mark.parametrize(
    ("name", "kind", "declared"),
    [
        ("POST /payments/{payment_id}", "server", "{http.request.method} {http.route}"),
        ("GET", "server", "{http.request.method} {http.route}"),
        (
            "send pay.v1.payment.settled",
            "producer",
            "send {messaging.destination.name}",
        ),
        ("INSERT payment", "client", "{db.query.summary}"),
        ("payments.standin", "internal", "payments.{saga.step}"),
        ("payments.capture", "internal", "payments.capture"),
        ("payments.settle", "internal", "payments.settle"),
    ],
)
def test_a_spans_name_is_found_by_its_pattern(name, kind, declared):
    assert declared in [each.name for each in spans_called(name, kind)]


def test_a_span_of_another_kind_or_shape_is_not_ours():
    assert spans_called("INSERT payment", "server") == []
    assert spans_called("payments.pay now", "internal") == []


def test_keys_are_known_as_each_backend_writes_them():
    assert attribute("payment_id") == attribute("payment.id") == "payment.id"
    assert attribute("setting_bank_url") == "setting.{name}"
    assert attribute("card_number") == ""


def test_a_metric_is_known_by_its_series():
    assert metric("http_server_request_duration_seconds_bucket") == (
        "http.server.request.duration"
    )
    assert metric("payments_decisions_total") == "payments.decisions"
    assert metric("payments_decisions") == ""


def test_a_series_of_nobody_is_found_and_one_of_others_is_not():
    unknown = {"payments_odd_total": [{"service_name": "payments"}]}

    assert [each.name for each in found(series=unknown)] == ["payments_odd_total"]
    assert found(series={"otelcol_exporter_queue_size": [{}]}) == []
    assert all(each.who and each.about for each in FOREIGN)


def test_a_name_of_ours_is_ours_though_others_begin_their_names_so():
    ours = CONTRACT.metrics["process.cpu.time"].promql

    assert is_foreign(ours, "metric")
    assert [each.what for each in found(series={ours: [{"odd": "1"}]})] == [
        "undeclared"
    ]


def test_a_label_that_nobody_declared_is_found():
    series = {"payments_settlements_total": [{"merchant_id": "M-01", "le": "1"}]}

    assert [each.detail for each in found(series=series)] == [
        "has the label merchant_id"
    ]


def test_more_sets_of_labels_than_the_budget_are_found():
    states = CONTRACT.metrics["breaker.state"]
    many = [{"breaker_name": f"b{n}"} for n in range(budget(states) + 1)]

    (over,) = found(series={states.promql: many})

    assert over.what == "over budget"
    assert found(series={states.promql: many[:-1]}) == []


def test_what_never_came_is_found_unless_it_is_rare():
    nothing = Arrived(set(), set(), set(), {})
    silent = {each.name for each in judged(nothing) if each.what == "silent"}

    assert missing(nothing) >= {"payment.decided", "payments.pay", "payments.decisions"}
    assert silent == missing(nothing) - RARE.keys()
    assert "fraud.silent" not in missing(Arrived({SILENT}, set(), set(), {}))


def test_what_is_rare_is_declared_and_says_why():
    known = {
        *CONTRACT.attributes,
        *CONTRACT.events,
        *CONTRACT.spans,
        *CONTRACT.metrics,
    }

    assert RARE.keys() <= known
    assert all(len(why) > 20 for why in RARE.values())
