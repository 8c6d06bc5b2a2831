"""A payment's whole life told from canned evidence: trace after trace, and none missing."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import StringIO
from uuid import UUID

import httpx
import pytest
from rich.console import Console

from apps.kit.events import event_id
from apps.payments.domain.sagas import EVERY_STEP
from apps.story.chapters import STEPS, Chapter, chapter, concerning, in_order
from apps.story.folding import folded
from apps.story.gathering import Story, story_of
from apps.story.life import moments_of
from apps.story.sources import Sources, begun
from native.backends import Backends, Loki, Prometheus, Tempo
from native.evidence import Link, LogLine, Span
from native.gateway import Gateway
from native.telling import tell

PAYMENT_ID = "01a2028a-c15a-7647-8a0a-ca889a217ba3"
OTHER_ID = "01a2028a-c387-7dd1-aa71-8ea87bc6fc24"
BEGIN = 1_763_766_000_000_000_000
MS = 1_000_000
ORDER, CAPTURE, TOLD, REFUND, BATCH, RETRY = (letter * 32 for letter in "abcdef")
HEARD = "0" * 32
"""Where messages of many payments were kept together."""

PAYMENT = {
    "payment_id": PAYMENT_ID, "status": "settled", "response_code": "ACCEPTED",
    "network_code": "00", "processing_mode": "STANDARD", "amount": 25000,
    "captured": 25000, "refunded": 4000,
    "currency": "EUR", "authorisation": {"source": "bank"}, "trace_id": ORDER,
    "card": {"token": "t", "brand": "MASTERCARD", "last4": "0007"},
}  # fmt: skip


def event(seq, type_, at, trace, **data):
    return {"seq": seq, "type": type_, "at": at, "trace_id": trace, "data": data}


EVENTS = {
    "payment_id": PAYMENT_ID,
    "events": [
        event(1, "PaymentReceived", "2025-11-21T23:00:00Z", ORDER,
              merchant_id="M-01", pos_id="POS-01", amount=25000),
        event(2, "PaymentAuthorised", "2025-11-21T23:00:00.3Z", ORDER,
              source="bank", network_code="00", mode="STANDARD", attempts=1),
        event(3, "PaymentCaptured", "2025-11-21T23:00:05.6Z", CAPTURE,
              amount=25000, fee=375, capture_id="x"),
        event(4, "PaymentRefunded", "2025-11-21T23:00:07Z", REFUND,
              amount=4000, refund_id="r-1"),
        event(5, "PaymentSettled", "2025-11-21T23:00:45Z", BATCH,
              gross=25000, fee=375, net=24625, batch_id="batch-1"),
    ],
}  # fmt: skip


def span(trace, id_, name, *, parent="", at=0, took=10, service="payments",
         kind="INTERNAL", links=(), **facts):  # fmt: skip
    start = BEGIN + at * MS
    names = {key: key.replace("_", ".").replace("..", "_") for key in facts}
    told = {name: facts[key] for key, name in names.items()}
    return Span(trace, id_, parent, service, name, kind, start, start + took * MS,
                "UNSET", "", told, links)  # fmt: skip


def query(trace, id_, name, parent, at):
    span_ = span(trace, id_, name, parent=parent, at=at, took=1, kind="CLIENT")
    return replace(span_, attributes={"db.system.name": "postgresql"})


def sent(id_, payment_id, seq, parent="s0"):
    message = str(event_id(UUID(payment_id), seq))
    made = span(BATCH, id_, "send pay.v1.payment.settled", parent=parent, at=45_020)
    return replace(made, attributes={"messaging.message.id": message})


SETTLEMENT = [
    span(BATCH, "s0", "payments.settle", at=45_000),
    *(query(BATCH, f"q{n}", "UPDATE payment", "s0", 45_000 + n) for n in range(6)),
    sent("s1", PAYMENT_ID, 5),
    span(BATCH, "s2", "process", parent="s1", at=45_030, service="notifications",
         payment_id=PAYMENT_ID),
    span(BATCH, "s3", "webhook", parent="s2", at=45_031, service="notifications"),
    sent("s4", OTHER_ID, 4),
    span(BATCH, "s5", "process", parent="s4", at=45_030, service="notifications",
         payment_id=OTHER_ID),
    span(BATCH, "s6", "webhook", parent="s5", at=45_031, service="notifications"),
]  # fmt: skip
TRACES = {
    ORDER: [span(ORDER, "a0", "POST /api/v1/payments", service="gateway",
                 kind="SERVER", took=400, payment_id=PAYMENT_ID),
            span(ORDER, "a1", "process pay.v1.payment.authorised", parent="a0",
                 service="backoffice", kind="CONSUMER", payment_id=PAYMENT_ID,
                 messaging_batch_message__count=7, links=(Link(HEARD, "h0"),))],
    CAPTURE: [span(CAPTURE, "b0", "payments.capture", at=5_600, payment_id=PAYMENT_ID,
                   links=(Link(ORDER, "a0"),))],
    TOLD: [span(TOLD, "c0", "payments.bank_capture", at=6_000, payment_id=PAYMENT_ID,
                links=(Link(CAPTURE, "b0"),))],
    REFUND: [span(REFUND, "d0", "POST /api/v1/payments/{payment_id}/refunds",
                  service="gateway", kind="SERVER", at=7_000, payment_id=PAYMENT_ID)],
    BATCH: SETTLEMENT,
    RETRY: [span(RETRY, "f0", "notifications.retry", at=60_000, payment_id=PAYMENT_ID,
                 service="notifications", links=(Link(BATCH, "s3"),))],
    HEARD: [span(HEARD, "h0", "backoffice.project", service="backoffice", at=410),
            query(HEARD, "h1", "INSERT payment_view", "h0", 411)],
}  # fmt: skip


def line(trace, body, at, span_id="", **facts):
    about = {"service_name": "payments", "trace_id": trace, "span_id": span_id}
    return LogLine(BEGIN + at * MS, body, about | facts)


LINES = [
    line(ORDER, "payment.decided", 300, payment_id=PAYMENT_ID),
    line(CAPTURE, "payment.moved", 5_605, payment_id=PAYMENT_ID),
    line(TOLD, "saga.step_done", 6_005, payment_id=PAYMENT_ID),
    line(REFUND, "payment.moved", 7_005, payment_id=PAYMENT_ID),
    line(BATCH, "merchant.settled", 45_010, "s0"),
    line(BATCH, "merchant.received", 45_032, "s3"),
    line(BATCH, "merchant.received", 45_032, "s6"),
    line(BATCH, "notification.recorded", 45_033, payment_id=OTHER_ID),
    line(RETRY, "webhook.failed", 60_005, payment_id=PAYMENT_ID),
]


class Known(Sources):
    """What the backends would answer."""

    def payment(self, id_):
        return PAYMENT if id_ == PAYMENT_ID else None

    def moments(self, id_):
        return moments_of(EVENTS) if id_ == PAYMENT_ID else []

    def lines_naming(self, id_):
        return [each for each in LINES if each.facts.get("payment_id") == id_]

    def traces_naming(self, id_):
        return [
            trace
            for trace, spans in TRACES.items()
            if any(each.attributes.get("payment.id") == id_ for each in spans)
        ]

    def spans(self, trace):
        return TRACES.get(trace, [])

    def lines(self, traces, since):
        return [each for each in LINES if each.trace in set(traces)]


class Forgetful(Known):
    """No gateway, no log line, and a search that finds one trace."""

    def payment(self, id_):
        return None

    def moments(self, id_):
        return []

    def lines(self, traces, since):
        return []

    def lines_naming(self, id_):
        return []

    def traces_naming(self, id_):
        return [CAPTURE]


def found(id_, sources=Known, **how):
    with ThreadPoolExecutor(2) as hands:
        return story_of(sources(None, None), hands, id_, **how)


def printed(story, width=100):
    paper = StringIO()
    tell(story, Console(file=paper, width=width))
    return paper.getvalue()


def test_all_traces_of_a_payment_are_told_as_they_began():
    story = found(PAYMENT_ID)

    assert [each.trace for each in story.chapters] == [
        ORDER, CAPTURE, TOLD, REFUND, BATCH, RETRY,
    ]  # fmt: skip
    assert [each.title for each in story.later] == [
        "captured automatically",
        "the bank is told of the capture",
        "refunded by the merchant",
        "settled in a batch",
        "the webhook is tried again",
    ]


def test_how_messages_were_kept_together_is_no_part_of_it():
    (order, *_) = found(PAYMENT_ID).chapters

    assert [each.id for each in order.spans] == ["a0", "a1"]
    assert HEARD not in {each.trace for each in found(PAYMENT_ID).chapters}


@pytest.mark.parametrize("trace", [ORDER, CAPTURE, TOLD, REFUND, RETRY])
def test_any_of_its_traces_leads_to_the_whole_payment(trace):
    assert found(trace) == found(PAYMENT_ID)


def test_only_the_order_is_told_to_whom_that_is_enough():
    story = found(PAYMENT_ID, first=True)

    assert [each.trace for each in story.chapters] == [ORDER]
    assert len(story.moments) == 5


def test_of_a_batch_only_what_is_the_payments_own_is_told():
    batch = found(PAYMENT_ID).chapters[4]

    assert [each.id for each in batch.spans] == ["s0", "s1", "s2", "s3"]
    assert batch.left_out == len(SETTLEMENT) - 4
    assert [each.facts["span_id"] for each in batch.lines] == ["s0", "s3"]


def test_a_batch_asked_for_by_itself_names_its_payments():
    story = found(BATCH)

    assert set(story.others) == {PAYMENT_ID, OTHER_ID}
    assert "It concerns 2 payments" in printed(story)


def test_a_span_under_one_that_several_share_belongs_to_the_one_it_names():
    shared = [
        span(ORDER, "1", "payments.void_flagged", payment_id=OTHER_ID),
        span(ORDER, "2", "void", parent="1", payment_id=PAYMENT_ID),
        span(ORDER, "3", "void", parent="1", payment_id=OTHER_ID),
        query(ORDER, "4", "UPDATE payment", "2", 1),
    ]

    kept = concerning(shared, PAYMENT_ID, set())

    assert [each.id for each in kept] == ["1", "2", "4"]


def test_a_span_leads_to_the_trace_that_it_came_of():
    story = found(PAYMENT_ID, Forgetful)

    assert [each.trace for each in story.chapters] == [ORDER, CAPTURE]


def test_the_page_tells_state_events_money_and_bookings():
    page = printed(found(PAYMENT_ID))

    for told in (
        "SETTLED", "captured 250.00 EUR", "refunded 40.00 EUR", "by=the merchant",
        "Since then it was captured after 5.60 s", "fee=3.75 EUR", "batch=batch-1",
        "Later: +5.60 s captured automatically", "came of aaaaaaaa…",
        "Later: +60.00 s ✗ the webhook is tried again", "ledger=",
        "… and 9 spans of this trace that are not this payment's",
    ):  # fmt: skip
        assert " ".join(told.split()) in " ".join(page.split()), told


def test_a_page_of_100_columns_holds_its_drawings():
    page = printed(found(PAYMENT_ID))

    assert max(len(text.rstrip()) for text in page.splitlines()) <= 100


def test_repetitions_are_told_by_the_first_and_the_last():
    tried = [
        Chapter(f"{n:032}", [span(f"{n:032}", "x", "payments.standin", at=n)], [])
        for n in range(7)
    ]

    told = in_order(tried, "")

    assert [int(each.trace) for each in told] == [0, 6]
    assert told[1].skipped == 5


def test_queries_in_a_row_are_one_line():
    spans = [
        span(ORDER, "1", "payments.capture", took=20),
        *(query(ORDER, f"q{n}", f"SELECT {n}", "1", n) for n in range(3)),
        span(ORDER, "2", "POST", parent="1", at=5, kind="CLIENT"),
        query(ORDER, "q9", "COMMIT", "1", 9),
    ]

    told = folded(spans)

    assert [each.name for each in told] == [
        "payments.capture",
        "3 queries: SELECT 0 … SELECT 2",
        "POST",
        "COMMIT",
    ]


def test_every_step_and_every_wait_has_words_of_its_own():
    waits = {"recover", "inquire", "expire", "settle"}

    assert {f"payments.{name}" for name in {*EVERY_STEP, *waits}} <= STEPS.keys()


def test_what_failed_is_marked_at_its_heading():
    step = [line(CAPTURE, "saga.step_failed", 10, payment_id=PAYMENT_ID)]

    assert chapter(CAPTURE, TRACES[CAPTURE], step, payment_id=PAYMENT_ID).failed


def test_of_a_stack_trace_the_last_line_is_told():
    fault = line(TOLD, "saga.step_failed", 6_010, payment_id=PAYMENT_ID,
                 exception_stacktrace="Traceback\n  at x\nBankSilent: ConnectError\n")  # fmt: skip
    told = found(PAYMENT_ID)
    failed = replace(told.chapters[2], lines=[fault])

    page = printed(replace(told, chapters=[told.chapters[0], failed]))

    assert "BankSilent: ConnectError (the last of 3 lines)" in " ".join(page.split())
    assert "Traceback" not in page


def test_an_id_that_holds_its_time_says_where_to_look():
    old, made = begun("whatever-it-is"), begun("ffffffff-ffff-7fff-8000-000000000000")

    assert made > old


def refused(_request):
    raise httpx.ConnectError("refused")


def empty(request):
    if "/loki/" in request.url.path:
        return httpx.Response(200, json={"data": {"result": []}})
    return httpx.Response(404, json={})


def face(kind, url, answers):
    return kind(url, httpx.Client(transport=httpx.MockTransport(answers)))


def test_who_is_away_is_named_and_the_others_are_asked():
    backends = Backends(
        face(Tempo, "http://tempo", refused),
        face(Loki, "http://loki", empty),
        face(Prometheus, "http://prometheus", refused),
    )
    sources = Sources(face(Gateway, "http://gateway", refused), backends)

    assert sources.payment(PAYMENT_ID) is None
    assert sources.moments(PAYMENT_ID) == []
    assert sources.spans(ORDER) == []
    assert sources.lines_naming(PAYMENT_ID) == []
    assert [who.partition(" ")[0] for who in sources.missing] == ["Gateway", "Tempo"]
    assert "so its spans cannot be told" in sources.missing[1]


def test_a_trace_of_hundreds_is_not_told_to_its_end():
    many = [span(BATCH, f"{n}", "settled", at=n) for n in range(300)]
    said = [line(BATCH, "merchant.received", n) for n in range(300)]

    page = printed(Story([Chapter(BATCH, many, said)], others=(PAYMENT_ID, OTHER_ID)))

    assert "… and 100 more spans" in page
    assert "… and 200 more log lines" in page
    assert "payments did settled" in page
