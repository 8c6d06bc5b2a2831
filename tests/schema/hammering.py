"""Schemathesis against one service: what it sent, what it holds against the answers."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from schemathesis.engine.recorder import ScenarioRecorder

from .bent import Bent, is_our_rule

CASES = 200
"""At least so many for each operation."""

WAIT_S = 10.0
UNASKED = {
    "name": "unasked",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "What no route reads; some routes have nothing else to vary.",
}

REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]
"""How what is not as documented may be refused: what is bent may be too large, too."""

CONFIG: dict[str, Any] = {
    "seed": 1,
    "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
    "generation": {
        "deterministic": True,
        "no-shrink": True,
        "database": "none",
        "with-security-parameters": False,
    },
    "phases": {
        "examples": {"enabled": True},
        "coverage": {"enabled": True},
        "fuzzing": {"enabled": True, "generation": {"max-examples": CASES}},
        "stateful": {"enabled": True, "generation": {"max-examples": 20}},
    },
    "request-timeout": WAIT_S,
    "continue-on-failure": True,
    "warnings": False,
    "suppress-health-check": ["all"],
}


@dataclass
class Outcome:
    """What came of it; a fault is told in so many words that one can mend it."""

    answered: Counter[str] = field(default_factory=Counter)
    """Cases with an answer, by operation."""
    statuses: Counter[tuple[str, int]] = field(default_factory=Counter)
    faults: dict[tuple[str, str], str] = field(default_factory=dict)
    """By operation and check, the first of its kind."""

    def seen(self, operation: str) -> set[int]:
        """The statuses that an operation answered with."""
        return {status for label, status in self.statuses if label == operation}


def hammered(document: dict[str, Any], url: str, token: str, bent: Bent) -> Outcome:
    """All phases over all operations of an OpenAPI document."""
    config = SchemathesisConfig.from_dict(
        CONFIG | {"base-url": url, "headers": {"Authorization": f"Bearer {token}"}}
    )
    schema = schemathesis.openapi.from_dict(varied(document), config=config)
    outcome = Outcome()
    with hooked(bent):
        for event in engine.from_schema(schema).execute():
            _noted(event, outcome)
    return outcome


def varied(document: dict[str, Any]) -> dict[str, Any]:
    """The document; a route without any input is asked for more than it reads.

    Schemathesis takes a token away from where it is `http`, not from `oauth2`.
    """
    copied: dict[str, Any] = json.loads(json.dumps(document))
    for scheme in copied["components"].get("securitySchemes", {}).values():
        scheme.clear()
        scheme |= {"type": "http", "scheme": "bearer"}
    for item in copied["paths"].values():
        for operation in item.values():
            if "requestBody" not in operation:
                operation.setdefault("parameters", []).append(UNASKED)
    return copied


def operations(document: dict[str, Any]) -> list[str]:
    """Each operation as Schemathesis calls it."""
    return [
        f"{method.upper()} {path}"
        for path, item in document["paths"].items()
        for method in item
    ]


@contextmanager
def hooked(bent: Bent) -> Iterator[None]:
    """Hooks are the process's: they go when the block ends."""

    def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
        bent.bend(case)

    def filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
        return not is_our_rule(failure, case, response)

    hooks = [before_call, filter_failure]
    for hook in hooks:
        schemathesis.hook(hook)
    try:
        yield
    finally:
        for hook in hooks:
            schemathesis.hooks.unregister(hook)


def _noted(event: events.EngineEvent, outcome: Outcome) -> None:
    if isinstance(event, events.NonFatalError):
        outcome.faults[event.label, event.info.title] = event.info.message
    if isinstance(event, events.ScenarioFinished):
        _counted(event.recorder, outcome)
        _held_against(event.recorder, outcome)


def _counted(recorder: ScenarioRecorder, outcome: Outcome) -> None:
    for case_id, sent in recorder.interactions.items():
        label = recorder.cases[case_id].value.operation.label
        if sent.response is None:
            outcome.faults[label, "no answer"] = sent.request.uri
            continue
        outcome.answered[label] += 1
        outcome.statuses[label, sent.response.status_code] += 1


def _held_against(recorder: ScenarioRecorder, outcome: Outcome) -> None:
    for case_id, checks in recorder.checks.items():
        label = recorder.cases[case_id].value.operation.label
        for check in checks:
            if (failed := check.failure_info) is None:
                continue
            answer = recorder.find_response(case_id=failed.failure.case_id or case_id)
            said = answer.text[:500] if answer else ""
            what = f"{failed.failure}\n{failed.code_sample}\n{said}"
            outcome.faults.setdefault((label, check.name), what)
