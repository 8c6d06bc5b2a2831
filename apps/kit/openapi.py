"""What a service's OpenAPI document says of errors: the problems that it can answer.

FastAPI would promise a body of its own for a 422. A route names what else it can raise:
`@router.get(..., responses=problems(UnknownPayment))`.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from apps.kit import errors
from apps.kit.errors import MEDIA_TYPE, Problem

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

REF = "#/components/schemas/"

FAULTY: Mapping[type[Problem], str] = {
    errors.Unprocessable: "/amount",
    errors.BadParameter: "/path/payment_id",
}

OF_EVERY_BODY = (
    errors.BadRequest,
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
    errors.Unprocessable,
)
OF_EVERY_REQUEST = (errors.UriTooLong, errors.HeadersTooLarge, Problem)
OF_EVERY_CALLER = (
    errors.Unauthenticated,
    errors.Forbidden,
    errors.DependencyUnavailable,
)
"""Where a token is needed; the last while the keys that it is read by are away."""

TEXT = {"type": "string"}
TRACE_ID = {
    "description": "The request's trace: `make story id=…` tells it.",
    "schema": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
RETRY_AFTER = {"description": "In seconds.", "schema": {"type": "integer"}}
KEY = {"type": "string", "pattern": "^[A-Za-z0-9_.:-]{16,255}$"}
PROBLEM = {
    "title": "Problem",
    "description": "Why there is no answer (RFC 9457). What was sent is never repeated.",
    "type": "object",
    "required": ["type", "title", "status", "code", "trace_id", "retryable"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": TEXT,
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": TEXT,
        "instance": {"type": "string", "format": "uri"},
        "code": {"type": "string", "pattern": "^[a-z-]+$"},
        "trace_id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
        "retryable": {"type": "boolean"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code"],
                "properties": {"pointer": TEXT, "code": TEXT},
            },
        },
    },
}


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """The answers of a route that may raise these."""
    found: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        said = found.setdefault(kind.status, _response(kind))
        said["content"][MEDIA_TYPE]["examples"].update(_example(kind))
    return found


def describe(app: FastAPI, document: Mapping[str, Any] | None = None) -> None:
    """Let the app's document tell of problems, where FastAPI tells of its own errors.

    A document that is given is told as it is.
    """
    plain = app.openapi
    app.openapi_schema = dict(document) if document else None

    def told() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _told(plain)
        return app.openapi_schema

    app.openapi = told  # type: ignore[method-assign]


def operations(
    document: Mapping[str, Any],
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each path, method and operation of an OpenAPI document."""
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _told(plain: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    document = deepcopy(plain())  # routes share what they answer
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM
    for _path, _method, operation in operations(document):
        said = operation["responses"]
        if REF + "HTTPValidationError" in json.dumps(said.get("422")):
            del said["422"]
        for status, problem in problems(*_implied(operation)).items():
            _add(said, str(status), problem)
        for response in said.values():
            response.setdefault("headers", {})["Trace-Id"] = TRACE_ID
        operation["responses"] = dict(sorted(said.items()))
        for parameter in operation.get("parameters", ()):
            _required_once(parameter)
            _never_null(parameter)
    return document


def _implied(operation: Mapping[str, Any]) -> Iterator[type[Problem]]:
    """What can go wrong with whatever is sent in that way."""
    yield from OF_EVERY_REQUEST
    if operation.get("security"):
        yield from OF_EVERY_CALLER
    if "requestBody" in operation:
        yield from OF_EVERY_BODY
    if operation.get("parameters"):
        yield errors.BadParameter


def _add(said: dict[str, Any], status: str, problem: dict[str, Any]) -> None:
    told = problem["content"][MEDIA_TYPE]
    kept = said.setdefault(status, problem)["content"].setdefault(MEDIA_TYPE, told)
    kept["examples"].update(told["examples"])


def _required_once(parameter: dict[str, Any]) -> None:
    """A key is read as often as it was sent, to refuse two; one is to be sent."""
    if parameter["name"] == "Idempotency-Key" and "array" in json.dumps(parameter):
        parameter |= {"required": True, "schema": KEY, "example": "order-4711-try-1"}


def _never_null(parameter: dict[str, Any]) -> None:
    """A path, a query or a header has no word for null: it is there, or left out."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) == 1:
        rest = {key: value for key, value in schema.items() if key != "anyOf"}
        parameter["schema"] = rest | kinds[0]


def _response(kind: type[Problem]) -> dict[str, Any]:
    content = {"schema": {"$ref": f"{REF}Problem"}, "examples": {}}
    headers = {} if kind.retry_after_s is None else {"Retry-After": RETRY_AFTER}
    return {
        "description": kind.title,
        "headers": headers,
        "content": {MEDIA_TYPE: content},
    }


def _example(kind: type[Problem]) -> dict[str, Any]:
    """The problem as it is answered, in a trace that nobody had."""
    problem = kind()
    if kind.reason or kind in FAULTY:
        reason = kind.reason or "greater_than_equal"
        problem.errors = [{"pointer": FAULTY.get(kind, "/amount"), "code": reason}]
    said = json.loads(errors.body_of(problem))
    said |= {"instance": f"urn:trace:{TRACE}", "trace_id": TRACE}
    return {kind.__name__: {"summary": kind.title, "value": said}}
