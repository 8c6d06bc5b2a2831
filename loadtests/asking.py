"""Whoever asks the gateway: each question has its span, its judge and its line."""

import json
import time
from typing import Any, ClassVar
from uuid import uuid4

from locust import FastHttpUser
from locust.exception import CatchResponseError, RescheduleTask

from loadtests import judging
from loadtests.history import (
    FAIL,
    INDETERMINATE,
    KEY,
    OK,
    Circumstances,
    History,
    template,
)
from loadtests.judging import TILL, Answer, Body, Judge, Question
from loadtests.telemetry import called
from loadtests.tokens import bearer

TRIES, PAUSE_S = 5, 1.0
"""How often the same is asked under the same key, as long as nobody knows the outcome."""

GIVE_UP_S = 15.0
"""Far past the gateway's own deadline: it is to answer, not the client to give up."""

Asked = tuple[Answer, str | None, str | None]


class Asking(FastHttpUser):
    """Asks until he knows, and judges what he is answered."""

    abstract = True
    connection_timeout = network_timeout = GIVE_UP_S

    journey: ClassVar[str] = ""
    history: ClassVar[History] = History(None)
    due: float | None = None
    """When the next question was due, if it is asked later than that."""

    def post(
        self,
        name: str,
        path: str,
        body: Body,
        judge: Judge,
        *,
        key: str | None = None,
        hurry_ms: int | None = None,
        kind: str = judging.OTHER,
    ) -> Answer:
        """Ask under a key; where the outcome stays unknown, ask again, in no hurry."""
        keyed = {KEY: key or uuid4().hex}
        question = Question(name, "POST", path, judge, keyed, body, kind)
        return self.ask(question, hurry_ms)

    def get(self, name: str, path: str, judge: Judge, *, client: str = TILL) -> Answer:
        return self.ask(Question(name, "GET", path, judge, client=client))

    def ask(self, question: Question, hurry_ms: int | None = None) -> Answer:
        """Who is answered wrongly, or never, gives up what he was about to do."""
        for asked in judging.tries(question, TRIES, hurry_ms):
            began = time.time()
            due, self.due = self.due or began, None
            answer, wrong, trace_id = self._ask(asked, began - due)
            result = _result(answer, wrong)
            told = Circumstances(self.journey, due, trace_id, wrong)
            self.history.write(asked, answer, began, result, told)
            if result == OK:
                return answer
            if result == FAIL:
                break
            time.sleep(PAUSE_S)
        raise RescheduleTask

    def _ask(self, question: Question, late: float) -> Asked:
        """The answer, what is wrong with it, and the trace that the gateway says it has.

        Not everybody may have his own trace continued.
        """
        try:
            token = bearer(self.host or "", question.client)
        except OSError as away:
            return self._no_token(question, away)
        name = f"{question.method} {template(question.path)}"
        with called(name, self.journey, question.name) as call:
            with self._response(question, token | call.headers) as response:
                answer = _answer(response)
                response.request_meta["response_time"] += late * 1000
                wrong = _wrong(question, answer)
                if wrong:
                    response.failure(wrong)
                else:
                    response.success()
            call.facts = {
                "http.request.method": question.method,
                "http.response.status_code": answer.status,
            }
            call.failed, call.result = answer.is_unknown, _result(answer, wrong)
        return answer, wrong, answer.headers.get("trace-id", call.trace_id)

    def _no_token(self, question: Question, away: OSError) -> Asked:
        """Nobody can be asked: that is silence, too."""
        wrong = judging.wrong(judging.Reason.SILENCE, f"no token: {away}")
        self.environment.events.request.fire(
            request_type=question.method,
            name=question.name,
            response_time=0,
            response_length=0,
            exception=CatchResponseError(wrong),
            context={},
        )
        return Answer(0), wrong, None

    def _response(self, question: Question, headers: dict[str, str]) -> Any:
        data: Any = question.raw
        if question.body is not None:
            data = json.dumps(question.body).encode()
            headers["Content-Type"] = "application/json"
        return self.client.request(
            question.method,
            question.path,
            name=question.name,
            headers=headers | dict(question.headers),
            data=data,
            catch_response=True,
        )


def _wrong(question: Question, answer: Answer) -> str | None:
    """Whoever is in a hurry may hear nothing; asked again, he must."""
    if answer.status == 504 and "Request-Timeout-Ms" in question.headers:
        return None
    return judging.judged(question.judge, answer)


def _result(answer: Answer, wrong: str | None) -> str:
    if answer.is_unknown:
        return INDETERMINATE
    return FAIL if wrong else OK


def _answer(response: Any) -> Answer:
    content = response.content or b""
    text = content.decode("utf-8", "replace")
    try:
        js = json.loads(content)
    except ValueError:
        js = None
    headers = {name.lower(): value for name, value in (response.headers or {}).items()}
    return Answer(response.status_code or 0, text, js, headers)
