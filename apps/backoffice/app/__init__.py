"""The HTTP face of the back office."""

from fastapi import APIRouter

from . import alerts, letters, routes

router = APIRouter()
router.include_router(routes.router)
router.include_router(letters.router)
router.include_router(alerts.router)
