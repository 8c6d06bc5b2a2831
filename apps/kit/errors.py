"""Errors: the caller got no answer, and learns why as problem+json (RFC 9457).

Problem                     500 internal
├─ BadRequest               400 malformed-json
│  └─ BadParameter          400 validation-failed
├─ Unauthenticated          401 unauthenticated
├─ Forbidden                403 forbidden
├─ NotFound                 404 not-found
├─ MethodNotAllowed         405 method-not-allowed
├─ PayloadTooLarge          413 payload-too-large
├─ UnsupportedMediaType     415 unsupported-media-type
├─ Unprocessable            422 validation-failed
├─ RateLimited              429 rate-limited, with Retry-After
├─ HeadersTooLarge          431 headers-too-large
├─ DependencyUnavailable    503 dependency-unavailable, with Retry-After
│  └─ Overloaded            503 overloaded
└─ DeadlineExceeded         504 deadline-exceeded, with Retry-After

A refused payment is none of these: a refusal is an answer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from apps.kit.methods import taken_by
from apps.kit.signals import Facts, tell, trace_id

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """The caller gets no answer; the class says why, the detail what to do."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something broke on our side"
    reason: ClassVar[str] = ""
    """What is wrong with the field that `pointer` names."""
    retry_after_s: int | None = None
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, detail: str = "", *, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = [{"pointer": pointer, "code": self.reason}] if pointer else []


class BadRequest(Problem):
    status, code, title = 400, "malformed-json", "The body is not JSON"


class BadParameter(BadRequest):
    code, title = "validation-failed", "The path or the query has a faulty part"


class Unauthenticated(Problem):
    status, code, title = 401, "unauthenticated", "A valid bearer token is needed"
    headers = MappingProxyType({"WWW-Authenticate": "Bearer"})


class Forbidden(Problem):
    status, code, title = 403, "forbidden", "The token does not allow this"


class NotFound(Problem):
    status, code, title = 404, "not-found", "There is no such thing"


class MethodNotAllowed(Problem):
    status, code, title = 405, "method-not-allowed", "This path takes other methods"


class PayloadTooLarge(Problem):
    status, code, title = 413, "payload-too-large", "The body is too large"


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported-media-type", "Send application/json"


class Unprocessable(Problem):
    status, code, title = 422, "validation-failed", "The body has a faulty field"


class HeadersTooLarge(Problem):
    status, code, title = 431, "headers-too-large", "The headers are too large"


class RateLimited(Problem):
    status, code, title = 429, "rate-limited", "Too many requests"
    retry_after_s = 1


class DependencyUnavailable(Problem):
    status, code, title = 503, "dependency-unavailable", "A part we need is away"
    retry_after_s = 1


class Overloaded(DependencyUnavailable):
    code, title = "overloaded", "More is asked of us than we can do"


class DeadlineExceeded(Problem):
    status, code, title = 504, "deadline-exceeded", "The answer took too long"
    retry_after_s = 1


_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind for kind in Problem.__subclasses__()
}


def handle_in(app: FastAPI) -> None:
    """Answer every error of this app as problem+json."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def refuse(problem: Problem, fault: BaseException | None = None) -> JSONResponse:
    """Tell of a problem, and answer with it."""
    told(problem, fault)
    return answer(problem)


def answer(
    problem: Problem, errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    """Write the problem down; it carries the TraceID, never what was sent."""
    trace = trace_id()
    body = {
        "type": f"urn:payscope:problem:{problem.code}",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
        "instance": f"urn:trace:{trace}",
        "code": problem.code,
        "trace_id": trace,
        "retryable": problem.retry_after_s is not None,
        "errors": errors or problem.errors,
    }
    wait = problem.retry_after_s
    later = {} if wait is None else {"Retry-After": str(wait)}
    shown = {key: value for key, value in body.items() if value not in ("", [])}
    return JSONResponse(shown, problem.status, {**problem.headers, **later}, MEDIA_TYPE)


def body_of(problem: Problem) -> bytes:
    """The answer's bytes, to be kept and given again."""
    return bytes(answer(problem).body)


def told(problem: Problem, fault: BaseException | None = None) -> None:
    """One line for a request that got no answer; ours is an error, theirs is not."""
    broke = problem.status >= 500
    facts: Facts = {
        "problem.code": problem.code,
        "problem.status": problem.status,
        "error.type": type(fault or problem).__qualname__ if broke else None,
    }
    tell(
        "request.failed" if broke else "request.refused",
        facts,
        level="error" if broke else "info",
        fault=fault if broke else None,
    )


async def _problem(_request: Request, fault: Exception) -> JSONResponse:
    problem = cast("Problem", fault)
    return refuse(problem, problem.__cause__)


async def _validation(_request: Request, fault: Exception) -> JSONResponse:
    """Name the faulty fields; FastAPI's own answer would repeat the whole body."""
    faults = cast("RequestValidationError", fault).errors()
    if any(error["type"] == "json_invalid" for error in faults):
        return refuse(BadRequest("Check the commas, quotes and braces."))
    is_body = any(error["loc"][0] == "body" for error in faults)
    kind = Unprocessable if is_body else BadParameter
    problem = kind("Mend what is listed in errors.")
    told(problem)
    return answer(problem, [_named(error) for error in faults])


async def _http(request: Request, fault: Exception) -> JSONResponse:
    raised = cast("HTTPException", fault)
    problem = _BY_STATUS.get(raised.status_code, Problem)()
    if raised.status_code == 405:
        problem.headers = {"Allow": taken_by(request)}
    return refuse(problem)


async def _unexpected(_request: Request, fault: Exception) -> JSONResponse:
    return refuse(Problem(), fault)


def _named(error: dict[str, Any]) -> dict[str, str]:
    """Point at the field (RFC 6901). An unknown field's name is the caller's text."""
    path = [str(part) for part in error["loc"] if part != "body"]
    if error["type"] == "extra_forbidden":
        path = [*path[:-1], "?"]
    pointer = "".join(f"/{part}" for part in path)
    return {"pointer": pointer, "code": error["type"]}
