"""The HTTP face of the gateway."""

from fastapi import APIRouter

from apps.kit import levels
from apps.kit.errors import Overloaded, RateLimited
from apps.kit.openapi import problems

from ..domain.routes import Table
from . import forwarding, oauth, ops, views

OF_ALL = problems(RateLimited, Overloaded)
OPS = "/api/v1/ops"


def assembled(table: Table) -> APIRouter:
    """All routes: those of the table, and those that the gateway answers itself."""
    router = APIRouter()
    router.include_router(oauth.router, responses=OF_ALL)
    router.include_router(
        views.router
    )  # before the table: `me` is a merchant's name too
    router.include_router(forwarding.router_of(table))
    router.include_router(ops.router)
    router.include_router(levels.at(OPS), responses=forwarding.OF_EVERY_ROUTE)
    return router


router = assembled(forwarding.packaged())
"""The routes as they are packaged; a process may be told of another table."""
