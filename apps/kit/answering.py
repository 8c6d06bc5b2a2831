"""Answers every error of an app as problem+json, whoever raised it."""

from typing import Any, cast

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from apps.kit.errors import (
    BadParameter,
    BadRequest,
    Problem,
    Unprocessable,
    answer,
    refuse,
    told,
)
from apps.kit.methods import taken_by

_BY_STATUS: dict[int, type[Problem]] = {
    kind.status: kind
    for kind in Problem.__subclasses__()
    if kind.__module__ == Problem.__module__
}
"""The general one of each status; services have narrower ones."""


def handle_in(app: FastAPI) -> None:
    """Answer every error of this app as problem+json."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


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
