"""What services write on the running stack: as the schema says, one line to end a request,
at the level that somebody asked for, auditors' lines apart, each with its merchant."""

import json
from collections import Counter

import pytest
from jsonschema import Draft202012Validator

from native.backends import until
from native.gateway import order
from native.paths import ROOT
from native.tokens import MERCHANT, token
from tests.stack.conftest import TOLD_BY_HEARERS
from tests.stack.stack import SERVICES, command

LINE = Draft202012Validator(json.loads((ROOT / "docs/logs.schema.json").read_text()))
ENDED = ' | request_duration != ""'


def ended(stack, service, trace):
    """The lines that a service's requests ended in."""
    query = f'{{service_name="{service}"}} | trace_id="{trace}"{ENDED}'
    return stack.backends.loki.lines(query)


@pytest.mark.parametrize("service", SERVICES)
def test_all_that_a_service_wrote_is_as_the_schema_says(stack, paid, service):
    lines = stack.instance.log(service).read_text().splitlines()

    odd = [line for line in lines if not LINE.is_valid(json.loads(line))]

    assert len(lines) > 3
    assert odd == []


def test_a_request_ends_in_one_line_at_the_door(stack, paid):
    trace = paid.headers["Trace-Id"]

    (line,) = until(lambda: ended(stack, "gateway", trace))

    assert (line.body, line.level) == ("call.forwarded", "info")
    assert line.facts["http_request_method"] == "POST"
    assert line.facts["http_route"] == "/api/v1/payments"
    assert line.facts["http_response_status_code"] == "201"
    assert 0 < float(line.facts["request_duration"]) < 60
    assert line.facts["upstream_service"] == "payments"


def test_every_span_and_line_of_a_payment_names_its_merchant(stack):
    bearer = token(stack.gateway.url, MERCHANT)
    answer = stack.gateway.send(
        json=order(), headers={"Authorization": f"Bearer {bearer}"}
    )
    trace = answer.headers["Trace-Id"]

    spans = until(
        lambda: stack.whole_trace(trace),
        lambda spans: Counter(span.name for span in spans) >= TOLD_BY_HEARERS,
        within=30,
    )
    lines = stack.backends.loki.of_trace(trace)

    named = {
        (span.service, span.name): span.attributes.get("merchant.id") for span in spans
    }
    assert {key: who for key, who in named.items() if who != "M-01"} == {}
    assert len(lines) > 5
    assert [
        line.body for line in lines if line.facts.get("merchant_id") != "M-01"
    ] == []


def test_what_the_token_does_not_name_payments_does(stack, spans):
    known = [span for span in spans if span.service not in {"gateway", "payments"}]

    assert {span.attributes.get("merchant.id") for span in known} == {"M-01"}


def test_a_service_tells_more_while_somebody_wants_it(stack):
    name = ("--instance", stack.instance.name)
    told = command("log-level", "payments", "debug", "--for", "120", *name)
    more = stack.gateway.pay().headers["Trace-Id"]
    command("log-level", "payments", "info", *name)
    usual = stack.gateway.pay().headers["Trace-Id"]

    assert "payments tells debug and above until" in told
    (line,) = until(lambda: ended(stack, "payments", more))
    assert (line.body, line.level) == ("request.answered", "debug")
    assert line.facts["http_route"] == "/payments"
    until(lambda: ended(stack, "gateway", usual))
    assert ended(stack, "payments", usual) == []


def test_who_was_not_let_in_is_in_the_auditors_stream(stack):
    query = '{payscope_stream="audit", service_name="gateway"}'
    before = len(stack.backends.loki.lines(query))

    wrong = stack.gateway.send("GET", headers={"Authorization": "Bearer x"})

    assert wrong.status_code == 401
    found = until(
        lambda: stack.backends.loki.lines(query), lambda all_: len(all_) > before
    )
    (line,) = [each for each in found if each.trace == wrong.headers["Trace-Id"]]
    assert line.body == "auth.refused"
    assert line.facts["auth_reason"] == "malformed"
