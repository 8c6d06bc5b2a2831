"""A fact is told once, and arrives on all three signals."""

from enum import StrEnum
from uuid import UUID

import pytest
from opentelemetry.trace import StatusCode

from apps.kit import baggage
from apps.kit.errors import NotFound
from apps.kit.sending import traceparent
from apps.kit.signals import Counter, Gauge, Histogram, follow, span, tell

PAN = "5204460010000007"
TOLD = Counter("test.told", unit="{fact}", about="Facts told.", by=("fact.kind",))
DEPTH = Gauge("test.depth", unit="{fact}", about="Depth.", by=("fact.kind",))
WAIT = Histogram("test.wait", unit="s", about="Waits.", by=("fact.kind",))


class Kind(StrEnum):
    GOOD = "good"


@span("test.tell")
async def use_case(**facts):
    tell(
        "fact.told", {key.replace("_", "."): v for key, v in facts.items()}, count=TOLD
    )


@span("test.break")
async def break_with(fault):
    raise fault


async def test_one_telling_reaches_span_line_and_counter(told):
    await use_case(fact_kind=Kind.GOOD, fact_id=UUID(int=7))

    line, made = told.event("fact.told"), told.span("test.tell")
    assert line["fact.kind"] == made.attributes["fact.kind"] == "good"
    assert line["fact.id"] == made.attributes["fact.id"] == str(UUID(int=7))
    assert told.counted("test.told", fact_kind="good") == 1


async def test_the_line_carries_the_trace_it_was_told_in(told):
    await use_case(fact_kind=Kind.GOOD)

    context = told.span("test.tell").context
    assert told.event("fact.told")["trace_id"] == f"{context.trace_id:032x}"
    assert told.event("fact.told")["span_id"] == f"{context.span_id:016x}"


async def test_what_is_done_for_a_probe_is_counted_apart(told):
    await use_case(fact_kind=Kind.GOOD)
    with baggage.carried("journey=probe"):
        await use_case(fact_kind=Kind.GOOD)
        WAIT.record(0.1, {"fact.kind": Kind.GOOD})
        DEPTH.set(7, {"fact.kind": Kind.GOOD})
    with baggage.carried("journey=shop"):
        await use_case(fact_kind=Kind.GOOD)

    assert told.counted("test.told", fact_kind="good") == 3
    assert told.counted("test.told", payscope_journey="probe") == 1
    assert told.counted("test.told", payscope_journey="shop") == 0
    assert told.counted("test.wait", payscope_journey="probe") == 1
    assert told.measured("test.depth", payscope_journey="probe") is None


async def test_an_id_never_becomes_a_label(told):
    await use_case(fact_kind=Kind.GOOD, fact_id=UUID(int=7))

    assert told.counted("test.told", fact_id=str(UUID(int=7))) == 0
    assert told.counted("test.told") == 1


async def test_a_fact_that_is_not_there_is_not_told(told):
    await use_case(fact_kind=Kind.GOOD, fact_id=None)

    assert "fact.id" not in told.event("fact.told")
    assert "fact.id" not in told.span("test.tell").attributes


async def test_a_card_number_among_the_facts_is_masked_on_every_signal(told):
    await use_case(fact_kind=PAN, fact_note=f"card {PAN} refused")

    assert PAN not in told.everything()
    assert told.event("fact.told")["fact.note"] == "card •••• 0007 refused"


async def test_a_broken_use_case_names_its_fault_and_never_its_text(told):
    with pytest.raises(ValueError, match=PAN):
        await break_with(ValueError(PAN))

    made = told.span("test.break")
    assert made.status.status_code is StatusCode.ERROR
    assert made.attributes["error.type"] == "ValueError"
    assert PAN not in told.everything()


async def test_what_the_caller_did_wrong_is_no_error_of_ours(told):
    with pytest.raises(NotFound):
        await break_with(NotFound())

    assert told.span("test.break").status.status_code is StatusCode.UNSET


async def test_a_faults_stack_trace_is_on_the_line_and_masked(told):
    try:
        raise ValueError(f"no such card: {PAN}")
    except ValueError as fault:
        tell("fact.broken", {}, level="error", fault=fault)

    line = told.event("fact.broken")
    assert line["exception.type"] == "ValueError"
    assert line["exception.message"] == "no such card: •••• 0007"
    assert "test_signals.py" in line["exception.stacktrace"]
    assert PAN not in told.everything()


def test_names_are_those_that_prometheus_stores():
    assert TOLD.promql == "test_told_total"
    assert WAIT.promql == "test_wait_seconds"


def test_a_duration_is_spread_over_second_buckets(told):
    WAIT.record(0.03, {"fact.kind": Kind.GOOD})

    assert told.counted("test.wait", fact_kind="good") == 1
    assert max(WAIT.bounds) <= 10


def test_a_gauge_is_what_it_was_last_set_to(told):
    for depth in (3, 0):
        DEPTH.set(depth, {"fact.kind": "good", "fact.id": "7"})

    assert told.measured("test.depth", fact_kind="good") == 0
    assert told.measured("test.depth", fact_id="7") is None
    assert DEPTH.promql == "test_depth"


async def test_what_follows_has_a_trace_of_its_own_and_a_link_back(told):
    @span("test.first")
    async def first():
        return traceparent()

    @span("test.around")
    async def around(before):
        with follow("test.later", before):
            tell("later.done", {})

    await around(await first())

    before, later = told.span("test.first"), told.span("test.later")
    assert later.parent is None
    assert later.context.trace_id != told.span("test.around").context.trace_id
    assert [link.context.span_id for link in later.links] == [before.context.span_id]
    assert later.attributes["payscope.origin"] == f"{before.context.trace_id:032x}"
    assert told.event("later.done")["trace_id"] == f"{later.context.trace_id:032x}"


@pytest.mark.parametrize("before", [None, "", "00-nonsense"])
async def test_what_follows_nothing_known_has_no_link(told, before):
    with pytest.raises(ValueError, match="no"), follow("test.later", before):
        raise ValueError("no")

    later = told.span("test.later")
    assert not later.links
    assert later.status.status_code is StatusCode.ERROR
    assert later.attributes["error.type"] == "ValueError"
