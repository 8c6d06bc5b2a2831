"""HTTP's methods, and which of them a path takes."""

from fastapi import Request
from starlette.routing import Match

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def taken_by(request: Request) -> str:
    """Every method that the path takes; Starlette names those of one route alone."""
    asked = [{**request.scope, "method": method} for method in METHODS]
    return ", ".join(
        scope["method"]
        for scope in asked
        if any(each.matches(scope)[0] is Match.FULL for each in request.app.routes)
    )
