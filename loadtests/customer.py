"""Whoever asks the gateway: each question has its span, its judge and its line."""

import json
import time
from typing import Any
from uuid import uuid4

from locust import FastHttpUser
from locust.exception import RescheduleTask

from loadtests import judging
from loadtests.cards import fresh
from loadtests.history import FAIL, INDETERMINATE, KEY, OK, history
from loadtests.judging import Answer, Body, Judge, Question
from loadtests.orders import PAYMENTS, order
from loadtests.telemetry import spans
from loadtests.tokens import bearer

TRIES, PAUSE_S = 5, 1.0
"""How often the same is asked under the same key, as long as nobody knows the outcome."""


class Customer(FastHttpUser):
    abstract = True
    exposed = 0
    """The most that may stand open in the bank's stead, of all that was paid here."""

    def pay(
        self,
        name: str,
        amount: int,
        card: str | None = None,
        *,
        suspect: bool = False,
        **more: Any,
    ) -> dict[str, Any]:
        """Pay, and be answered rightly."""
        body = order(card or fresh(), amount, **more)
        judge = judging.paid(body, exposed=Customer.exposed, suspect=suspect)
        payment: dict[str, Any] = self.post(name, PAYMENTS, body, judge).js
        self.exposes(payment)
        return payment

    def exposes(self, payment: dict[str, Any]) -> None:
        """What was accepted in the bank's stead counts, until it has spoken."""
        if payment["authorisation"]["source"] == "delegation":
            Customer.exposed += payment["amount"]

    def post(
        self,
        name: str,
        path: str,
        body: Body,
        judge: Judge,
        *,
        key: str | None = None,
        hurry_ms: int | None = None,
    ) -> Answer:
        """Ask under a key; where the outcome stays unknown, ask again, in no hurry."""
        keyed = {KEY: key or uuid4().hex}
        question = Question(name, "POST", path, judge, keyed, body)
        return self._answered(question, hurry_ms)

    def get(self, name: str, path: str, judge: Judge) -> Answer:
        return self._answered(Question(name, "GET", path, judge))

    def _answered(self, question: Question, hurry_ms: int | None = None) -> Answer:
        """Who is answered wrongly, or never, gives up what he was about to do."""
        for asked in judging.tries(question, TRIES, hurry_ms):
            began = time.time()
            answer, wrong = self._ask(asked)
            result = _result(answer, wrong)
            history.write(question, answer, began, result)
            if result == OK:
                return answer
            if result == FAIL:
                break
            time.sleep(PAUSE_S)
        raise RescheduleTask

    def _ask(self, question: Question) -> tuple[Answer, str | None]:
        """The answer, and what is wrong with it."""
        with spans.called(f"{question.method} {PAYMENTS}") as call:
            headers = {
                **bearer(self.host or ""),
                **call.headers,
                **question.headers,
            }
            with self.client.request(
                question.method,
                question.path,
                name=question.name,
                headers=headers,
                json=question.body,
                catch_response=True,
            ) as response:
                answer = _answer(response)
                wrong = _wrong(question.judge, answer)
                if wrong and not _is_out_of_time(question, answer):
                    response.failure(wrong)
                else:
                    response.success()
            call.facts = {
                "http.request.method": question.method,
                "http.response.status_code": answer.status,
                "load.step": question.name,
            }
            call.failed = answer.is_unknown
        return answer, wrong


def _is_out_of_time(question: Question, answer: Answer) -> bool:
    """Whoever is in a hurry may hear nothing; asked again, he must."""
    return answer.status == 504 and "Request-Timeout-Ms" in question.headers


def _result(answer: Answer, wrong: str | None) -> str:
    if answer.is_unknown:
        return INDETERMINATE
    return FAIL if wrong else OK


def _answer(response: Any) -> Answer:
    text = response.text or ""
    try:
        js = json.loads(text)
    except ValueError:
        js = None
    headers = {name.lower(): value for name, value in (response.headers or {}).items()}
    return Answer(response.status_code or 0, text, js, headers)


def _wrong(judge: Judge, answer: Answer) -> str | None:
    if not answer.status:
        return "no answer"
    try:
        return judge(answer)
    except (KeyError, TypeError) as fault:
        return f"{answer.status} of another shape: {fault!r}"
