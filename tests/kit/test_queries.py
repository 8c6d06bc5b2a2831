"""A statement is told once, as what became of it; no server needed."""

import asyncio

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from apps.kit import queries
from apps.kit.queries import Unanswered
from apps.kit.signals import started

QUERY = "SELECT a FROM thing"


class Connection:
    """As much of one as a query is told of."""

    class _params:  # noqa: N801  (asyncpg's name)
        database = "payments"


def ask(query=QUERY, fault=None):
    with started("test.ask", SpanKind.INTERNAL), queries._query(Connection(), query):
        if fault:
            raise fault


def durations(told, **labels):
    return told.counted("db.client.operation.duration", **labels)


def test_a_query_has_one_span_and_one_duration(told):
    ask()

    made = told.span("SELECT thing")
    assert dict(made.attributes) == {
        "db.system.name": "postgresql",
        "db.namespace": "payments",
        "db.query.summary": "SELECT thing",
        "db.query.text": QUERY,
        "peer.service": "postgresql",
    }
    assert durations(told) == 1


@pytest.mark.parametrize("silence", [TimeoutError(), ConnectionResetError()])
def test_silence_is_named_and_its_cause_is_told(told, silence):
    with pytest.raises(Unanswered) as raised:
        ask(fault=silence)

    kind = type(silence).__qualname__
    assert raised.value.__cause__ is silence
    assert told.span("SELECT thing").attributes["error.type"] == kind
    assert told.span("SELECT thing").status.status_code is StatusCode.ERROR
    assert durations(told, error_type=kind) == 1


def test_one_fault_says_nothing_of_the_next_query(told):
    with pytest.raises(ValueError, match="no"):
        ask(fault=ValueError("no"))
    ask()

    assert durations(told, error_type="ValueError") == 1
    assert durations(told) == 2
    assert "error.type" not in told.spans[-2].attributes


def test_whoever_gives_up_waiting_is_no_fault_of_the_database(told):
    with pytest.raises(asyncio.CancelledError):
        ask(fault=asyncio.CancelledError())

    made = told.span("SELECT thing")
    assert made.status.status_code is StatusCode.UNSET
    assert "error.type" not in made.attributes


@pytest.mark.parametrize("query", ["BEGIN;", "LISTEN happened"])
def test_what_says_nothing_is_not_told(told, query):
    ask(query)

    assert [span.name for span in told.spans] == ["test.ask"]
    assert durations(told) == 0


def test_a_silent_statement_has_a_named_silence_too(told):
    with pytest.raises(Unanswered):
        ask("BEGIN;", TimeoutError())


def test_what_more_there_is_to_say_is_on_the_span(told):
    with (
        started("test.ask", SpanKind.INTERNAL),
        queries.told("payments", QUERY) as facts,
    ):
        facts["db.operation.batch.size"] = 3

    assert told.span("SELECT thing").attributes["db.operation.batch.size"] == 3
