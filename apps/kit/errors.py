"""Errors: the caller got no answer, and learns why as problem+json (RFC 9457).

Problem                     500 internal
├─ BadRequest               400 malformed-json
│  └─ BadParameter          400 validation-failed
├─ Unauthenticated          401 unauthenticated
├─ Forbidden                403 forbidden
├─ NotFound                 404 not-found
├─ MethodNotAllowed         405 method-not-allowed
├─ RequestTimeout           408 request-timeout
├─ PayloadTooLarge          413 payload-too-large
├─ UriTooLong               414 uri-too-long
├─ UnsupportedMediaType     415 unsupported-media-type
├─ Unprocessable            422 validation-failed
├─ RateLimited              429 rate-limited, with Retry-After
├─ HeadersTooLarge          431 headers-too-large
├─ ClientGone               499 client-gone, which nobody hears any more
├─ DependencyUnavailable    503 dependency-unavailable, with Retry-After
│  └─ Overloaded            503 overloaded
└─ DeadlineExceeded         504 deadline-exceeded, with Retry-After

A refused payment is none of these: a refusal is an answer.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

from fastapi.responses import JSONResponse

from apps.kit.endings import ends, hush
from apps.kit.signals import Facts, event, trace_id

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


class RequestTimeout(Problem):
    status, code, title = 408, "request-timeout", "The body took too long to come"
    retry_after_s = 1


class PayloadTooLarge(Problem):
    status, code, title = 413, "payload-too-large", "The body is too large"


class UriTooLong(Problem):
    status, code, title = 414, "uri-too-long", "The path and the query are too long"


class UnsupportedMediaType(Problem):
    status, code, title = 415, "unsupported-media-type", "Send application/json"


class Unprocessable(Problem):
    status, code, title = 422, "validation-failed", "The body has a faulty field"


class HeadersTooLarge(Problem):
    status, code, title = 431, "headers-too-large", "The headers are too large"


class RateLimited(Problem):
    status, code, title = 429, "rate-limited", "Too many requests"
    retry_after_s = 1


class ClientGone(Problem):
    status, code, title = 499, "client-gone", "The body broke off"


class DependencyUnavailable(Problem):
    status, code, title = 503, "dependency-unavailable", "A part we need is away"
    retry_after_s = 1


class Overloaded(DependencyUnavailable):
    code, title = "overloaded", "More is asked of us than we can do"


class DeadlineExceeded(Problem):
    status, code, title = 504, "deadline-exceeded", "The answer took too long"
    retry_after_s = 1


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
    """What a request ends in that got no answer; ours is an error, theirs is not.

    Who asks too often has none: the limit says once that he does.
    """
    broke = problem.status >= 500
    facts: Facts = {
        "problem.code": problem.code,
        "problem.status": problem.status,
        "error.type": type(fault or problem).__qualname__ if broke else None,
    }
    if isinstance(problem, RateLimited):
        event("request.refused", facts)
        hush()
        return
    ends(
        "request.failed" if broke else "request.refused",
        facts,
        level="error" if broke else "info",
        fault=fault if broke else None,
    )
