"""A request starts a trace, says whose journey it is part of, and counts."""

import re

import pytest

from loadtests.telemetry import called, spans
from loadtests.telemetry.figures import figures


def test_the_answers_way_is_part_of_the_trace_that_the_request_starts():
    with called("POST /payments", "till", "pay") as call:
        call.facts = {"http.response.status_code": 201}

    (span,) = spans.waiting
    assert re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-01", call.traceparent)
    assert call.traceparent == f"00-{span['traceId']}-{span['spanId']}-01"
    told = {each["key"]: each["value"] for each in span["attributes"]}
    assert told == {
        "load.step": {"stringValue": "pay"},
        "http.response.status_code": {"intValue": "201"},
        "payscope.journey": {"stringValue": "till"},
    }


def test_the_journey_goes_along_as_baggage():
    with called("GET /payments", "till") as call:
        assert call.headers == {
            "traceparent": call.traceparent,
            "baggage": "journey=till",
        }
    with called("GET /payments") as call:
        assert set(call.headers) == {"traceparent"}


def test_all_of_a_process_may_be_one_journey(monkeypatch):
    monkeypatch.setattr(spans, "JOURNEY", "traffic")

    with called("GET /payments", "till", "read back") as call:
        pass

    assert call.headers["baggage"] == "journey=traffic"
    assert [*figures.requests] == [("read back", "traffic", "ok")]


def test_what_is_not_sampled_has_no_span_and_is_counted_all_the_same(monkeypatch):
    monkeypatch.setattr(spans, "SAMPLED", 0.0)

    with called("GET /payments", "till", "read back") as call:
        pass

    assert call.traceparent.endswith("-00")
    assert not spans.waiting
    assert figures.results == {"ok": 1}


def test_whoever_knows_the_share_knows_which_traces_were_kept(monkeypatch):
    monkeypatch.setattr(spans, "SAMPLED", 0.3)
    calls = [spans.Call("GET /payments") for _ in range(1000)]

    kept = [call for call in calls if spans.is_kept(call.trace_id, 0.3)]

    assert kept == [call for call in calls if call.traceparent.endswith("-01")]
    assert 200 < len(kept) < 400


@pytest.mark.parametrize(
    ("failed", "result", "told"),
    [
        (False, "", "ok"),
        (True, "", "indeterminate"),
        (False, "fail", "fail"),
        (True, "fail", "fail"),
    ],
)
def test_a_request_counts_by_what_became_of_it(failed, result, told):
    with called("GET /payments", step="read back") as call:
        call.failed, call.result = failed, result

    assert figures.results == {told: 1}
    assert (spans.waiting[0]["status"]["code"] == spans.ERROR) is failed


def test_a_request_that_is_broken_off_counts():
    with pytest.raises(KeyboardInterrupt), called("GET /payments"):
        raise KeyboardInterrupt

    assert len(spans.waiting) == 1
    assert figures.results.total() == 1


def test_spans_that_nobody_fetches_do_not_fill_the_memory():
    for _ in range(spans.KEPT + 10):
        with called("GET /payments"):
            pass

    assert len(spans.waiting) == spans.KEPT
