"""What was asked and answered, a JSON object per line, for those who check the books.

Each process of Locust writes a file of its own. A card number is neither written nor
hashed.
"""

import json
import os
import re
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from loadtests.judging import Answer, Body, Question

OK, FAIL, INDETERMINATE = "ok", "fail", "indeterminate"
KEY = "Idempotency-Key"

_ids = re.compile(r"(?<=/payments/)[^/]+")


@dataclass(frozen=True, slots=True)
class Circumstances:
    """The circumstances of a question: whose it is, when it was due, in which trace."""

    journey: str = ""
    due: float | None = None
    trace_id: str | None = None
    wrong: str | None = None


NOWHERE = Circumstances()


class History:
    """One line per request, appended as its answer comes; nothing without a file."""

    def __init__(self, path: str | Path | None) -> None:
        self._path = Path(path) if path else None
        self._file: int | None = None

    def write(
        self,
        question: Question,
        answer: Answer,
        began: float,
        result: str,
        asked: Circumstances = NOWHERE,
    ) -> None:
        if self._path is None:
            return
        if self._file is None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            self._file = os.open(self._path, flags, 0o644)
        line = {
            **_asked(question, began, asked),
            "start": began,
            "end": time.time(),
            "status": answer.status or None,
            **_told(answer.js),
            "answer_hash": sha256(answer.text.encode()).hexdigest(),
            "result": result,
            "wrong": asked.wrong,
            "trace_id": asked.trace_id,
        }
        # one write a line: who is killed leaves whole lines, and nothing waits
        os.write(self._file, json.dumps(line).encode() + b"\n")


def _asked(question: Question, began: float, asked: Circumstances) -> dict[str, Any]:
    return {
        "step": question.name,
        "journey": asked.journey,
        "kind": question.kind,
        "method": question.method,
        "path_template": template(question.path),
        "key": question.headers.get(KEY),
        "body_hash": body_hash(question.body),
        "due": began if asked.due is None else asked.due,
    }


def template(path: str) -> str:
    """The path as its route has it, whichever payment it is about."""
    return _ids.sub("{payment_id}", path.partition("?")[0])


def body_hash(body: Body | None) -> str | None:
    """Of what was asked, but for the card."""
    if body is None:
        return None
    cardless = {name: value for name, value in body.items() if name != "card"}
    return sha256(json.dumps(cardless, sort_keys=True).encode()).hexdigest()


def _told(js: Any) -> dict[str, str | None]:
    """Which payment it is, and what became of it, as far as the answer says."""
    said = js if isinstance(js, dict) else {}
    inner = said.get("payment")
    payment = inner if isinstance(inner, dict) else said
    return {
        "payment_id": payment.get("payment_id"),
        "outcome": payment.get("status") if "payment_id" in payment else None,
        "response_code": payment.get("response_code"),
        "mode": payment.get("processing_mode"),
    }
