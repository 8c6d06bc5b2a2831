"""Bad input gets a reason and a TraceID, never its own words back, never a 500.

`bad_input` is the table of cases; all are sent before the first is judged.
"""

import asyncio
import json
import re
from collections import Counter
from dataclasses import dataclass

import asyncpg
import pytest

from native.backends import until
from native.gateway import PAYMENTS, Gateway, order
from tests.stack.bad_input import CASES
from tests.stack.bad_input.case import CANARY, CVV, FAULTY, JSON, PLANTED
from tests.stack.bad_input.sending import Answer, sent
from tests.stack.test_masking import rows_of

TABLES = {"payments": ("payment", "idempotency", "card"), "bank": ("authorisation",)}
"""What an order writes before it is answered."""

KEPT = {"invalid-state", "amount-exceeds-authorised"}
"""Refusals that look at the payment: asked again under their key they are the same."""

SECRETS = (PLANTED, FAULTY, CVV)
TYPED = {"Content-Type": JSON}


@dataclass
class Tried:
    """What came back, and how many rows there were before and behind it."""

    answers: dict[str, Answer | Exception]
    before: Counter[str]
    after: Counter[str]

    def answer(self, id: str) -> Answer:
        found = self.answers[id]
        if isinstance(found, Exception):
            raise found
        return found


@pytest.fixture(scope="module")
def tried(stack):
    """Everything is sent, each case once, in the order of the table."""
    places = {
        "authorised": paid(stack, capture="manual"),
        "captured": captured(stack),
        "declined": paid(stack, amount=45_000),
    }
    before = counted(stack)
    answers = {case.id: tried_once(stack, case, places) for case in CASES}
    return Tried(answers, before, counted(stack))


def captured(stack) -> str:
    payment_id = paid(stack, capture="manual")
    answer = stack.gateway.send(path=f"{PAYMENTS}/{payment_id}/captures")
    assert answer.status_code == 201, answer.text
    return payment_id


def paid(stack, **changes) -> str:
    answer = stack.gateway.pay(**changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["payment_id"]


def tried_once(stack, case, places) -> Answer | Exception:
    try:
        return sent(stack.gateway.url, case, places)
    except Exception as fault:  # noqa: BLE001  (raised by the test of that case)
        return fault


def counted(stack) -> Counter[str]:
    return Counter(asyncio.run(rows(stack)))


async def rows(stack) -> dict[str, int]:
    found = {}
    for service, tables in TABLES.items():
        database = await asyncpg.connect(stack.database(service))
        try:
            for table in tables:
                query = f"SELECT count(*) FROM {table}"  # noqa: S608
                found[f"{service}.{table}"] = await database.fetchval(query)
        finally:
            await database.close()
    return found


def leaks(text: str) -> list[str]:
    """The numbers and codes that a text holds, however they are grouped or written."""
    packed = re.sub(r"(?<=\d)[ \-+.:]|%20", "", text)
    return [
        secret
        for secret in SECRETS
        if secret in packed or secret in text or secret.encode().hex() in text
    ]


def test_the_table_is_long_and_says_each_thing_once():
    assert len(CASES) >= 400
    assert [
        id for id, times in Counter(case.id for case in CASES).items() if times > 1
    ] == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_a_case_gets_its_documented_answer(tried, case):
    answer = tried.answer(case.id)

    assert answer.status == case.status, answer.text
    for said in (CANARY, *SECRETS):
        assert said not in answer.text
    if case.code is None or case.method == "HEAD":
        return
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = json.loads(answer.body)
    assert problem["code"] == case.code
    assert problem["type"] == f"urn:payscope:problem:{case.code}"
    assert problem["status"] == case.status
    assert problem["trace_id"] == answer.headers["Trace-Id"]
    assert problem["title"]
    if case.pointers is not None:
        named = {error["pointer"] for error in problem["errors"]}
        assert named == case.pointers


def test_what_is_refused_is_not_stored(tried):
    made = {
        json.loads(answer.body)["payment_id"]
        for answer in tried.answers.values()
        if isinstance(answer, Answer)
        and answer.status == 201
        and "Idempotent-Replayed" not in answer.headers
    }

    grown = {table: tried.after[table] - tried.before[table] for table in tried.after}
    assert grown["payments.payment"] == len(made)
    kept = [case for case in CASES if case.code in KEPT]
    assert grown["payments.idempotency"] == len(made) + len(kept)
    assert grown["bank.authorisation"] <= len(made)
    assert grown["payments.card"] <= 1


def traces(tried) -> list[str]:
    return [
        answer.headers["Trace-Id"]
        for answer in tried.answers.values()
        if isinstance(answer, Answer) and answer.headers["Trace-Id"]
    ]


def test_loki_has_no_planted_number(stack, tried):
    last = traces(tried)[-1]
    until(lambda: stack.backends.loki.of_trace(last))

    lines = stack.backends.loki.lines('{service_name=~".+"}')
    assert len(lines) > len(CASES)
    for line in lines:
        assert leaks(line.body + json.dumps(line.facts)) == []


def test_tempo_has_no_planted_number(stack, tried):
    for trace in traces(tried):
        stored = until(
            lambda trace=trace: stack.backends.tempo.get(f"/api/traces/{trace}"),
            lambda answer: answer.status_code == 200,
        )
        assert leaks(stored.text) == []


def test_no_log_file_has_a_planted_number(stack, tried):
    files = [file for file in stack.instance.logs.rglob("*") if file.is_file()]

    assert files
    for file in files:
        assert leaks(file.read_text(errors="replace")) == [], file


@pytest.mark.parametrize("service", TABLES)
def test_no_row_has_a_planted_number(stack, tried, service):
    for row in asyncio.run(rows_of(stack.database(service))):
        assert leaks(row) == []


def test_nothing_of_it_broke_a_service(stack, tried):
    broken = stack.backends.loki.lines('{service_name=~".+"} |= "request.failed"')

    assert [
        line.facts
        for line in broken
        if line.facts.get("trace_id") in set(traces(tried))
    ] == []


def chunks():
    """A large body that does not say how large it is."""
    for _ in range(70):
        yield b" " * 1024


@pytest.mark.parametrize(
    "body", [lambda: b" " * 70_000, chunks], ids=["whole", "in pieces"]
)
def test_after_too_large_a_body_the_next_request_is_answered(stack, body):
    """The server may hang up, if it says so: who reuses the connection would fall."""
    for _ in range(20):
        with Gateway(stack.gateway.url) as gateway:
            assert gateway.send(content=body(), headers=TYPED).status_code == 413
            assert gateway.pay(100).status_code == 201


def test_a_missing_token_is_told_how_to_come_back(stack):
    answer = stack.gateway.send(json=order(), headers={"Authorization": ""})

    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_wrong_method_is_told_the_right_ones(stack):
    allowed = stack.gateway.send("DELETE", PAYMENTS).headers["Allow"]

    assert set(allowed.split(", ")) == {"GET", "POST"}


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "traceparent" in case.headers],
    ids=lambda case: case.id,
)
def test_a_malformed_traceparent_starts_a_new_trace(tried, case):
    trace = tried.answer(case.id).headers["Trace-Id"]

    assert re.fullmatch("[0-9a-f]{32}", trace)
    if "of a right trace" not in case.id:
        assert trace not in str(case.headers["traceparent"]).lower()


def test_a_refusal_can_be_followed_by_its_trace_too(stack):
    answer = stack.gateway.pay(pos_id=CANARY)

    lines = until(
        lambda: stack.backends.loki.of_trace(answer.headers["Trace-Id"]),
        lambda lines: "request.refused" in {line.body for line in lines},
    )

    assert {line.level for line in lines} == {"info"}
