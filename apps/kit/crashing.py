"""Places where a process can be told to die, as by SIGKILL: what it had begun stays so.

`PAYSCOPE_CRASH_AT=payments.after_bank` kills it there, `…:3` at the third passing;
`PAYSCOPE_CRASH_IN=payments` spares every other service that has the variable.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from apps.kit.settings import EX_CONFIG
from apps.kit.signals import Facts, tell

KILLED = 137
"""The exit code of a process that SIGKILL ended, as shells tell it."""

POINTS: Mapping[str, str] = {
    "payments.after_intent": "The intent is kept; nobody has been asked.",
    "payments.before_bank": "The bank is about to be asked; it knows nothing yet.",
    "payments.after_bank": "The bank answered; nothing of the answer is kept.",
    "payments.before_decision": "The decision is made; its transaction has not begun.",
    "payments.after_decision": "The decision is kept; nobody was answered.",
    "payments.mid_capture": "The capture is kept, and not committed.",
    "payments.mid_settlement": "Payments are settled, and their batch not committed.",
    "bank.before_answer": "The bank decided and committed; it did not answer.",
    "outbox.after_put": "The event is queued, and its transaction not committed.",
    "outbox.after_publish": "The stream has the event; the outbox does not know it.",
    "inbox.before_ack": "The effect is committed; the stream does not know it.",
    "backoffice.mid_projection": "A row is projected, and not committed.",
}
"""Every edge between what is kept and what is told, by name."""


@dataclass
class Crash:
    """Where this process dies, and how often it may still pass there first."""

    point: str
    service: str | None
    passings: int

    @classmethod
    def planned(cls, environment: Mapping[str, str]) -> Self | None:
        """What the environment asks for; one that cannot happen stops the start."""
        asked = environment.get("PAYSCOPE_CRASH_AT")
        if not asked:
            return None
        point, _, nth = asked.partition(":")
        if point not in POINTS or not (nth or "1").isdecimal() or nth == "0":
            known = ", ".join(POINTS)
            sys.stderr.write(
                f"PAYSCOPE_CRASH_AT: '{asked}' is no crash point;"
                f" say NAME or NAME:n, the name one of {known}\n"
            )
            raise SystemExit(EX_CONFIG)
        return cls(point, environment.get("PAYSCOPE_CRASH_IN"), int(nth or 1))

    def pass_by(self, point: str) -> None:
        if point != self.point or self.service not in {None, _own_name()}:
            return
        self.passings -= 1
        if self.passings == 0:
            facts: Facts = {"crash.point": point, "process.exit.code": KILLED}
            tell("process.crashed", facts, level="error")
            sys.stdout.flush()  # nothing else is: that is what a crash is like
            os._exit(KILLED)


_planned = Crash.planned(os.environ)


def crash_point(name: str) -> None:
    """Die here if that was asked for; costs nothing where it was not."""
    if _planned is not None:
        _planned.pass_by(name)


def is_crash_planned() -> bool:
    """Whether this process is to die somewhere."""
    return _planned is not None


def _own_name() -> str | None:
    return os.environ.get("OTEL_SERVICE_NAME")
