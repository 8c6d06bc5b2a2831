"""The HTTP face of the back office."""

from .routes import router

__all__ = ["router"]
