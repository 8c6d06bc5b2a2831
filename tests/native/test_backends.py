"""The clients of Tempo, Loki and Prometheus, against answers that are made up here."""

import httpx
import pytest

from native.backends import (
    PAGE,
    Loki,
    NotInTime,
    Prometheus,
    Tempo,
    Unanswered,
    until,
)

URL = "http://127.0.0.1:1"


def answering(kind, answer):
    """A client whose server gives this answer, or calls it for one."""
    handler = answer if callable(answer) else lambda _request: answer
    return kind(URL, httpx.Client(transport=httpx.MockTransport(handler)))


def test_until_gives_what_is_read_as_soon_as_it_holds():
    reads = iter([[], [1], [1, 2]])

    with_two = until(lambda: next(reads), lambda seen: len(seen) == 2, every=0)

    assert with_two == [1, 2]


def test_until_outlasts_a_backend_that_is_not_there_yet():
    reads = iter([Unanswered("refused"), "here"])

    def read():
        if isinstance(seen := next(reads), Exception):
            raise seen
        return seen

    assert until(read, every=0) == "here"


def test_until_ends_and_says_what_it_saw_last():
    with pytest.raises(NotInTime, match=r"not within 0 s; last seen: \['half'\]"):
        until(lambda: ["half"], lambda seen: len(seen) == 2, within=0)


def test_a_trace_that_tempo_does_not_know_has_no_spans():
    with answering(Tempo, httpx.Response(404)) as tempo:
        assert tempo.trace("0" * 32) == []


def test_silence_and_refusals_are_told_with_the_question():
    def away(request):
        raise httpx.ConnectError("refused", request=request)

    with answering(Tempo, away) as tempo, pytest.raises(Unanswered, match=URL):
        tempo.trace("0" * 32)
    bad = httpx.Response(400, text="parse error")
    with (
        answering(Loki, bad) as loki,
        pytest.raises(Unanswered, match=r"Loki said 400 to .*query_range.*parse error"),
    ):
        loki.lines("{")


def test_traces_found_by_search_have_all_their_32_digits():
    found = {"traces": [{"traceID": "bf92f3577b34da6a3ce929d0e0e4736"}]}

    with answering(Tempo, httpx.Response(200, json=found)) as tempo:
        assert tempo.search("{}") == ["0bf92f3577b34da6a3ce929d0e0e4736"]


def test_more_lines_than_a_page_holds_are_all_read():
    starts = []

    def page(request):
        starts.append(int(request.url.params["start"]))
        count = PAGE if len(starts) == 1 else 3
        values = [[str(starts[-1] + n), "line"] for n in range(count)]
        result = [{"stream": {"service_name": "bank"}, "values": values}]
        return httpx.Response(200, json={"data": {"result": result}})

    with answering(Loki, page) as loki:
        lines = loki.lines(since=100)

    assert len(lines) == PAGE + 3
    assert starts == [100, 100 + PAGE]


def test_a_counter_that_nobody_has_counted_yet_is_zero():
    nothing = httpx.Response(200, json={"data": {"result": []}})

    with answering(Prometheus, nothing) as prometheus:
        assert prometheus.total("sum(payments_decisions_total)") == 0


def test_an_exemplar_carries_its_trace_and_its_series():
    mark = {"labels": {"trace_id": "t"}, "value": "0.25", "timestamp": 7}
    series = {"seriesLabels": {"service_name": "bank"}, "exemplars": [mark]}

    answer = httpx.Response(200, json={"data": [series]})
    with answering(Prometheus, answer) as prometheus:
        (found,) = prometheus.exemplars("x")

    assert found.labels == {"trace_id": "t", "service_name": "bank"}
    assert (found.value, found.time) == (0.25, 7)
