"""Every fact that the gateway tells."""

from .calls import FORWARDED, forwarded

__all__ = ["FORWARDED", "forwarded"]
