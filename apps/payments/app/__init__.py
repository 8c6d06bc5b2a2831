"""The HTTP face of payments."""

from fastapi import APIRouter

from apps.kit import ops as breakers

from . import listing, movements, ops, orders, reference

router = APIRouter()
router.include_router(orders.router)
router.include_router(listing.router)
router.include_router(movements.router)
router.include_router(reference.router)
router.include_router(ops.router)
router.include_router(breakers.router)
