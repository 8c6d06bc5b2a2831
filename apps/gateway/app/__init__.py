"""The HTTP face of the gateway."""

from fastapi import APIRouter

from . import forwarding

router = APIRouter()
router.include_router(forwarding.router)
