"""What clients write down, auditors can read."""

import json
from hashlib import sha256

from apps.verify.checks.clients import Answered
from loadtests.history import (
    FAIL,
    INDETERMINATE,
    KEY,
    OK,
    Circumstances,
    History,
    body_hash,
)
from loadtests.judging import Answer, Question
from loadtests.orders import order

ID = "019c2a4e-7a3c-7000-8000-000000000001"
NUMBER = "5204460010000007"
PAYMENT = {"payment_id": ID, "status": "authorised", "response_code": "ACCEPTED"}
BODY = order(NUMBER, 5_000)


def written(tmp_path, answer, result=OK, **question):
    file = tmp_path / "history.jsonl"
    how = {"body": BODY, "headers": {KEY: "k" * 16}} | question
    asked = Question("pay", "POST", "/api/v1/payments", lambda _: None, **how)
    History(str(file)).write(asked, answer, 1.5, result)
    (line,) = file.read_text().splitlines()
    return line


def test_an_answered_order_is_read_as_it_was_written(tmp_path):
    text = json.dumps(PAYMENT)

    line = written(tmp_path, Answer(201, text, PAYMENT))

    read = Answered.model_validate_json(line)
    assert read.is_acknowledged
    assert (str(read.payment_id), read.outcome) == (ID, "authorised")
    assert read.key == "k" * 16
    assert read.answer_hash == sha256(text.encode()).hexdigest()
    assert json.loads(line)["response_code"] == "ACCEPTED"
    assert json.loads(line)["start"] == 1.5


def test_a_movement_is_one_of_its_payment(tmp_path):
    movement = {"payment_id": ID, "payment": PAYMENT | {"status": "captured"}}

    line = written(tmp_path, Answer(201, "{}", movement))

    read = Answered.model_validate_json(line)
    assert (str(read.payment_id), read.outcome) == (ID, "captured")


def test_silence_and_problems_promise_nothing(tmp_path):
    problem = {"status": 409, "code": "invalid-state"}

    silence = written(tmp_path, Answer(0), INDETERMINATE)
    (tmp_path / "history.jsonl").unlink()
    refusal = written(tmp_path, Answer(409, "{}", problem), FAIL)

    assert not Answered.model_validate_json(silence).is_acknowledged
    assert Answered.model_validate_json(refusal).outcome is None


def test_the_card_is_neither_written_nor_hashed(tmp_path):
    line = written(tmp_path, Answer(201, "{}", PAYMENT))

    assert NUMBER not in line
    other = BODY | {"card": {"number": "5204460010000015", "expiry": "12/30"}}
    assert body_hash(BODY) == body_hash(other) != body_hash(BODY | {"amount": 1})


def test_without_a_file_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    question = Question("pay", "POST", "/", lambda _: None)

    History("").write(question, Answer(201), 0.0, OK)

    assert not list(tmp_path.iterdir())


def test_a_line_says_whose_it_is_when_it_was_due_and_in_which_trace(tmp_path):
    file = tmp_path / "history.jsonl"
    path = f"/api/v1/payments/{ID}/captures?x=1"
    question = Question("capture", "POST", path, lambda _: None, kind="bank")
    about = Circumstances("shop", 1.25, "4bf9", "status: 500, not 201")

    history = History(file)
    history.write(question, Answer(500), 1.5, INDETERMINATE, about)
    history.write(question, Answer(500), 1.5, INDETERMINATE)

    first, second = map(json.loads, file.read_text().splitlines())
    assert first["journey"] == "shop"
    assert (first["kind"], first["method"]) == ("bank", "POST")
    assert first["path_template"] == "/api/v1/payments/{payment_id}/captures"
    assert (first["due"], first["start"]) == (1.25, 1.5)
    assert (first["trace_id"], first["wrong"]) == ("4bf9", "status: 500, not 201")
    assert second["due"] == second["start"] == 1.5


def test_a_view_is_told_as_its_payment(tmp_path):
    line = written(tmp_path, Answer(200, "{}", {"payment": PAYMENT, "bank": None}))

    assert Answered.model_validate_json(line).outcome == "authorised"
