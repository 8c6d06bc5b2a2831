"""A card number stays in the request that brought it: nothing else ever holds it."""

import asyncio
import json
import re

import asyncpg
import nats
import pytest

from native.backends import until
from tests.stack.cards import card, faulty_card, fresh_card, grouped
from tests.stack.stack import WITH_DATABASE

PAYMENTS = "/api/v1/payments"
FORMS = ("", "-", " ")


class Sent:
    """What was sent, and all that came back."""

    def __init__(self, stack):
        self.numbers = [fresh_card(), fresh_card(), faulty_card()]
        self.answers = []
        good, misplaced, faulty = self.numbers
        for by in FORMS:
            self.pays(stack, grouped(good, by))
            self.fails(stack, grouped(misplaced, by), grouped(faulty, by))

    def pays(self, stack, number):
        self.answers.append(stack.gateway.pay(card=card(number)))
        assert self.answers[-1].status_code == 201, self.answers[-1].text

    def fails(self, stack, number, faulty):
        """The number where none belongs; most of these are refused, some ignored."""
        pay, send = stack.gateway.pay, stack.gateway.send
        self.answers += [
            pay(card=card(faulty)),
            pay(card_number=number),
            pay(card={**card(number), "cvv": number}),
            pay(card=number),
            pay(card={"number": int(re.sub("[ -]", "", number)), "expiry": "12/30"}),
            pay(pos_id=number),
            pay(currency=number),
            pay(amount=number),
            pay(card={"number": number}),
            pay(**{number: 1}),
            send(content=f'{{"card": {{"number": "{number}"', headers=JSON),
            send(content=f'{{"pos_id": {number}}}', headers=JSON),
            send(content=number, headers={"Content-Type": "text/plain"}),
            send("GET", f"{PAYMENTS}/{number}"),
            send("GET", f"/{number}"),
            send(number.replace(" ", "-"), PAYMENTS),
            send("GET", PAYMENTS, params={"card": number}),
            send("GET", PAYMENTS, headers={"X-Card": number, "User-Agent": number}),
            send("GET", PAYMENTS, headers={"Authorization": f"Bearer {number}"}),
            send("GET", PAYMENTS, headers={"baggage": f"card={number}"}),
            send("GET", PAYMENTS, headers={"tracestate": f"card={number}"}),
        ]

    def leaks(self, text):
        """The numbers that a text holds, however they are grouped or written."""
        packed = re.sub(r"(?<=\d)[ \-+]|%20", "", text)
        return [
            number
            for number in self.numbers
            if number in packed or number.encode().hex() in text
        ]


JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def sent(stack):
    """Everything is sent, and has arrived wherever it was going."""
    sent = Sent(stack)
    last = sent.answers[-1].headers["Trace-Id"]
    for answer in sent.answers:
        if answer.status_code == 201:
            stack.whole_trace(answer.headers["Trace-Id"])
    until(lambda: stack.backends.tempo.trace(last))
    until(lambda: stack.backends.loki.of_trace(last))
    return sent


def test_the_search_would_find_a_number(sent):
    number = sent.numbers[0]

    for by in FORMS:
        assert sent.leaks(f"before {grouped(number, by)} after") == [number]
    assert sent.leaks(number.encode().hex()) == [number]
    assert sent.leaks("0" * 40) == []


def test_no_answer_repeats_it(sent):
    for answer in sent.answers:
        assert sent.leaks(answer.text) == []
        assert sent.leaks(str(answer.headers)) == []


def test_no_bad_request_breaks_a_service(sent):
    statuses = {answer.status_code for answer in sent.answers}

    assert statuses <= {200, 201, 400, 401, 404, 405, 413, 415, 422}


def test_loki_has_none(stack, sent):
    lines = stack.backends.loki.lines('{service_name=~".+"}')

    assert len(lines) > len(sent.answers)
    for line in lines:
        assert sent.leaks(line.body) == []
        assert sent.leaks(json.dumps(line.facts)) == []


def test_tempo_has_none(stack, sent):
    traces = [answer.headers["Trace-Id"] for answer in sent.answers]

    for trace in traces:
        stored = until(
            lambda trace=trace: stack.backends.tempo.get(f"/api/traces/{trace}"),
            lambda answer: answer.status_code == 200,
        )
        assert sent.leaks(stored.text) == []


def test_prometheus_has_none(stack, sent):
    prometheus = stack.backends.prometheus
    everything = {"match[]": '{__name__=~".+"}'}

    series = prometheus.get("/api/v1/series", **everything)
    assert series.json()["data"]
    assert sent.leaks(series.text) == []
    for label in prometheus.json("/api/v1/labels")["data"]:
        assert sent.leaks(prometheus.get(f"/api/v1/label/{label}/values").text) == []


def test_the_stream_has_none(stack, sent):
    messages = asyncio.run(stream_of(stack.ports["NATS_PORT"]))

    assert len(messages) >= len(FORMS)
    for message in messages:
        assert sent.leaks(message) == []


@pytest.mark.parametrize("service", WITH_DATABASE)
def test_no_database_has_any(stack, sent, service):
    rows = asyncio.run(rows_of(stack.database(service)))

    assert rows
    for row in rows:
        assert sent.leaks(row) == []


def test_no_log_file_has_any(stack, sent):
    files = [file for file in stack.instance.logs.rglob("*") if file.is_file()]

    assert {f"{name}.log" for name in WITH_DATABASE} <= {file.name for file in files}
    for file in files:
        assert sent.leaks(file.read_text(errors="replace")) == [], file


def test_no_file_at_all_has_any(stack, sent):
    """Queues, journals and blocks too, as far as they are not compressed."""
    forms = [grouped(number, by).encode() for number in sent.numbers for by in FORMS]
    files = [file for file in stack.instance.home.rglob("*") if file.is_file()]

    for file in files:
        held = read(file)
        assert not any(form in held for form in forms), file


def read(file):
    try:
        return file.read_bytes()
    except FileNotFoundError:  # servers tidy up while we look
        return b""


async def stream_of(port):
    """Every message that the stream holds, headers and all."""
    connection = await nats.connect(f"nats://127.0.0.1:{port}")
    try:
        stream = connection.jetstream()
        state = (await stream.stream_info("PAY")).state
        span = range(max(1, state.first_seq), state.last_seq + 1)
        held = [await stream.get_msg("PAY", seq) for seq in span]
        return [f"{message.headers} {message.data!r}" for message in held]
    finally:
        await connection.close()


async def rows_of(url):
    """Every row of every table, as text."""
    database = await asyncpg.connect(url)
    try:
        tables = await database.fetch(
            "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        found = []
        for table in tables:
            query = f"SELECT t::text AS row FROM {table['name']} t"  # noqa: S608
            found += [row["row"] for row in await database.fetch(query)]
        return found
    finally:
        await database.close()
