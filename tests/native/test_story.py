"""The story's layout, on fixed spans: who hangs under whom, and where each bar stands."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from apps.story.chapters import Chapter
from apps.story.gathering import Story
from apps.story.sentences import sentence
from apps.story.waterfall import ANSWERED, WAITING, WORKING, Axis, shares, tree
from apps.story.wording import spell
from native.evidence import Link, LogLine, Span, lines_of, orphans, spans_of, whole
from native.painting import Waterfall, colour
from native.telling import tell

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BEGIN = 1_763_766_000_000_000_000
MS = 1_000_000


def span(id_, parent, service, name, *, kind, at, **attributes):
    start, end = (BEGIN + int(moment * MS) for moment in at)
    return Span(
        TRACE, id_, parent, service, name, kind, start, end, "UNSET", "", attributes
    )


DATABASE = {"db.system.name": "postgresql"}
EVENT = "pay.v1.payment.authorised"

GATEWAY = span("a", "", "gateway", "POST /api/v1/payments", kind="SERVER", at=(0, 40))
CALL = span("b", "a", "gateway", "POST", kind="CLIENT", at=(5, 35))
PAYMENTS = span("c", "b", "payments", "POST /payments", kind="SERVER", at=(10, 30))
INSERT = span(
    "d", "c", "payments", "INSERT payment", kind="CLIENT", at=(20, 25), **DATABASE
)
SEND = span("e", "c", "payments", f"send {EVENT}", kind="PRODUCER", at=(50, 52))
HEARD = span("f", "e", "fraud", f"process {EVENT}", kind="CONSUMER", at=(54, 60))
SPANS = [HEARD, SEND, INSERT, PAYMENTS, CALL, GATEWAY]

LINE = LogLine(
    BEGIN + 29 * MS,
    "payment.decided",
    {"service_name": "payments", "severity_text": "INFO", "trace_id": TRACE,
     "payment_id": "p-1", "pos_id": "POS-01", "service_namespace": "payscope"},
)  # fmt: skip

PAYMENT = {
    "payment_id": "p-1", "status": "authorised", "response_code": "ACCEPTED",
    "network_code": "00", "processing_mode": "STANDARD", "amount": 25000,
    "currency": "EUR", "authorisation": {"source": "bank"}, "trace_id": TRACE,
    "card": {"token": "t", "brand": "MASTERCARD", "last4": "0007"},
}  # fmt: skip


def story(*, spans=SPANS, lines=(LINE,), payment=PAYMENT, **changes):
    links = (("Trace", f"http://127.0.0.1:3200/api/traces/{TRACE}"),)
    chapter = Chapter(TRACE, list(spans), list(lines))
    told = Story([chapter], "p-1" if payment else "", payment, links=links)
    return replace(told, **changes)


def printed(told, width=120):
    paper = StringIO()
    tell(told, Console(file=paper, width=width))
    return paper.getvalue()


def test_every_span_hangs_under_its_parent_and_siblings_stand_by_start():
    rows = tree(SPANS)

    assert [row.span.id for row in rows] == ["a", "b", "c", "d", "e", "f"]
    assert [row.branch for row in rows[:4]] == ["", "└ ", "  └ ", "    ├ "]


def test_a_span_without_its_parent_is_shown_at_the_left_and_marked():
    rows = tree([GATEWAY, INSERT])

    assert [(row.span.id, row.branch, row.lost) for row in rows] == [
        ("a", "", False),
        ("d", "", True),
    ]
    assert orphans([GATEWAY, INSERT]) == [INSERT]


def test_a_redelivered_message_hangs_under_the_span_that_it_links_to():
    again = replace(HEARD, id="g", parent="gone", links=(Link(TRACE, "e"),))

    rows = tree([*SPANS, again])

    assert [row.span.id for row in rows][-3:] == ["e", "f", "g"]


def test_bars_stand_on_one_axis_heavy_where_the_span_itself_worked():
    axis = Axis.of([GATEWAY, CALL], 40)
    rows = tree([GATEWAY, CALL])

    bar = axis.bar(rows[0], GATEWAY.end)

    assert bar == WORKING * 5 + WAITING * 30 + WORKING * 5
    assert axis.bar(rows[1], GATEWAY.end) == " " * 5 + WORKING * 30 + " " * 4 + ANSWERED


def test_the_shortest_span_still_has_a_bar():
    blink = span("z", "a", "gateway", "blink", kind="INTERNAL", at=(39.99, 40))

    bars = [
        Axis.of([GATEWAY, blink], 30).bar(row, GATEWAY.end)
            for row in tree([GATEWAY, blink])]  # fmt: skip

    assert all(WORKING in bar and len(bar) == 30 for bar in bars)


def test_a_long_pause_is_cut_short_and_named():
    late = span("y", "e", "fraud", "process", kind="CONSUMER", at=(5000, 5010))
    axis = Axis.of([GATEWAY, late], 53)

    assert axis.pauses == [(40, 4960 * MS)]
    assert axis.column(late.start) == 43
    assert axis.column(late.end) == 53


def test_the_time_before_the_answer_adds_up_to_the_answer():
    taken = dict(shares(SPANS))

    assert sum(taken.values()) == 40 * MS
    assert taken[("postgresql", "payments")] == 5 * MS
    assert ("fraud",) not in taken


def test_whole_means_one_root_no_orphan_and_every_service():
    assert whole(SPANS, ["gateway", "payments", "fraud"])
    assert not whole(SPANS, ["bank"])
    assert not whole(SPANS[:-1], ["payments"])
    assert not whole([], [])


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_every_line_of_the_waterfall_is_as_wide_as_the_page(width):
    widths = {line.cell_len for line in Waterfall(SPANS, width).lines()}

    assert widths == {width}


def test_the_page_is_never_wider_than_160_columns():
    page = printed(story(links=()), width=400)

    assert max(len(line.rstrip()) for line in page.splitlines()) <= 160


@pytest.mark.parametrize("width", [80, 120])
def test_a_page_tells_answer_trace_lines_and_links(width):
    page = printed(story(), width)

    for told in ("AUTHORISED", "250.00 EUR", "•••• 0007", TRACE, "payment.decided",
                 "process pay.v1", "40.0 ms", "pos_id=POS-01", "/api/traces/"):  # fmt: skip
        assert told in page
    assert "service_namespace" not in page
    assert page.count("p-1") == 1


def test_without_colour_failures_and_refusals_are_still_marked():
    failed = replace(CALL, status="ERROR", message="bank silent after 2.2 s")
    refusing = replace(PAYMENTS, attributes={"payment.verdict": "declined"})

    page = printed(story(spans=[GATEWAY, failed, refusing]))

    assert "✗ POST" in page
    assert "✗ gateway: POST: bank silent after 2.2 s" in page
    assert "⊘ POST /payments" in page
    assert "\x1b" not in page


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "The shop asked the bank, which authorised 250.00 EUR."),
        ({"authorisation": {"source": "floor_limit"}}, "accepted 250.00 EUR alone"),
        ({"authorisation": {"source": "delegation"}}, "The bank was silent"),
        ({"status": "declined", "response_code": "AUTHORIZATION_DENIED"}, "refused"),
        ({"status": "declined", "response_code": "INACTIVE_POS"}, "the till"),
        ({"status": "pending", "response_code": "SOMETHING_NEW"}, "SOMETHING_NEW"),
    ],
)
def test_one_sentence_says_what_happened(changes, said):
    assert said in sentence(story(payment=PAYMENT | changes))
    assert "The answer came in 40.0 ms; fraud had heard of it after 60.0 ms." in (
        sentence(story())
    )


def test_a_request_that_made_no_payment_has_a_sentence_too():
    lost = replace(GATEWAY, attributes={"http.response.status_code": 404})

    told = sentence(story(payment=None, spans=[lost], lines=[]))

    assert told == "gateway answered 404 to POST /api/v1/payments in 40.0 ms."


def test_lines_without_a_trace_are_a_story_still():
    assert "Tempo has no span of it" in printed(story(spans=[], payment=None))


def test_every_service_keeps_its_own_colour():
    known = ["gateway", "payments", "bank", "fraud", "backoffice", "notifications"]

    assert len({colour(name) for name in known}) == len(known)
    assert colour("something-new") == colour("something-new")


def test_durations_are_spelt_as_people_say_them():
    lengths = (800, 450_000, 31_400_000, 2_200_000_000, 150 * 10**9, 9_000 * 10**9)

    assert [spell(ns) for ns in lengths] == [
        "1 µs",
        "450 µs",
        "31.4 ms",
        "2.20 s",
        "2.5 min",
        "2.5 h",
    ]


@pytest.mark.parametrize("outer", ["batches", "resourceSpans"])
@pytest.mark.parametrize("id_", ["AAAAAAAAAAE=", "0000000000000001"])
def test_ids_are_read_in_base64_and_in_hex(outer, id_):
    raw = {
        "traceId": "S/kvNXezTaajzpKdDg5HNg==", "spanId": id_, "name": "x",
        "kind": "SPAN_KIND_SERVER", "startTimeUnixNano": "1", "endTimeUnixNano": "2",
        "status": {"code": "STATUS_CODE_ERROR", "message": "no"},
        "attributes": [{"key": "n", "value": {"intValue": "7"}}],
    }  # fmt: skip
    service = {"key": "service.name", "value": {"stringValue": "bank"}}
    resource = {"attributes": [service]}
    batch = {"resource": resource, "scopeSpans": [{"spans": [raw]}]}

    (read,) = spans_of({outer: [batch]})

    assert (read.trace, read.id, read.parent) == (TRACE, "0000000000000001", "")
    assert (read.service, read.kind, read.failed) == ("bank", "SERVER", True)
    assert read.attributes == {"n": 7}


def test_log_lines_come_in_the_order_of_their_time():
    streams = [
        {"stream": {"service_name": "fraud"}, "values": [["3", "c"], ["1", "a"]]},
        {"stream": {"service_name": "bank"}, "values": [["2", "b"]]},
    ]

    read = lines_of({"data": {"result": streams}})

    assert [(line.body, line.service) for line in read] == [
        ("a", "fraud"),
        ("b", "bank"),
        ("c", "fraud"),
    ]
