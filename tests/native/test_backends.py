"""The clients of Tempo, Loki and Prometheus, against answers that are made up here."""

import httpx
import pytest
import yaml

from native.backends import (
    PAGE,
    Loki,
    NotInTime,
    Prometheus,
    Tempo,
    Unanswered,
    until,
)
from native.paths import ROOT

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


def loki_with(stored):
    """One that has these lines, as (nanoseconds, text), and answers as Loki does."""

    def answer(request):
        start, limit = (int(request.url.params[each]) for each in ("start", "limit"))
        values = [[str(at), text] for at, text in stored if at >= start][:limit]
        result = [{"stream": {"service_name": "bank"}, "values": values}]
        return httpx.Response(200, json={"data": {"result": result}})

    return answering(Loki, answer)


@pytest.mark.parametrize("many", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE + 3])
@pytest.mark.parametrize("at_once", [1, 3, 7])
def test_all_lines_are_read_once_however_many_and_also_where_a_page_ends(many, at_once):
    stored = [(100 + n // at_once, f"line {n}") for n in range(many)]

    with loki_with(stored) as loki:
        lines = loki.lines(since=100)

    assert [(line.time, line.body) for line in lines] == stored


def test_a_page_is_what_lokis_parts_can_send_one_another():
    """As large as lines get (docs/telemetry.md), a page of them fits."""
    limits = yaml.safe_load((ROOT / "loki/config.yaml").read_text())["server"]
    largest = 64 * 1024

    assert limits["grpc_server_max_recv_msg_size"] >= PAGE * largest
    assert limits["grpc_server_max_send_msg_size"] >= PAGE * largest


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
