"""The HTTP face of the gateway."""

from fastapi import APIRouter

from . import forwarding, oauth

router = APIRouter()
router.include_router(forwarding.router)
router.include_router(oauth.router)
