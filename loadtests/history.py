"""What was asked and answered, a JSON object per line, for those who check the books.

Written where LOAD_HISTORY names a file. A card number is neither written nor hashed.
"""

import json
import os
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from loadtests.judging import Answer, Body, Question

OK, FAIL, INDETERMINATE = "ok", "fail", "indeterminate"
KEY = "Idempotency-Key"


class History:
    """One line per request, appended as its answer comes."""

    def __init__(self, path: str | None) -> None:
        self._file = Path(path) if path else None

    def write(
        self, question: Question, answer: Answer, began: float, result: str
    ) -> None:
        if self._file is None:
            return
        line = {
            "step": question.name,
            "key": question.headers.get(KEY),
            "body_hash": body_hash(question.body),
            "start": began,
            "end": time.time(),
            "status": answer.status or None,
            **_told(answer.js),
            "answer_hash": sha256(answer.text.encode()).hexdigest(),
            "result": result,
        }
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")


def body_hash(body: Body | None) -> str | None:
    """Of what was asked, but for the card."""
    if body is None:
        return None
    cardless = {name: value for name, value in body.items() if name != "card"}
    return sha256(json.dumps(cardless, sort_keys=True).encode()).hexdigest()


def _told(js: Any) -> dict[str, str | None]:
    """Which payment it is, and what became of it, as far as the answer says."""
    said = js if isinstance(js, dict) else {}
    payment = said.get("payment") or said
    return {
        "payment_id": payment.get("payment_id"),
        "outcome": payment.get("status") if "payment_id" in payment else None,
        "response_code": payment.get("response_code"),
    }


history = History(os.environ.get("LOAD_HISTORY"))
