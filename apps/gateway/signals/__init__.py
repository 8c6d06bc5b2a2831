"""Every fact that the gateway tells."""

from .calls import FORWARDED, forwarded
from .composing import PARTS, degraded, incomplete, missing, told
from .tokens import denied, issued

__all__ = [
    "FORWARDED",
    "PARTS",
    "degraded",
    "denied",
    "forwarded",
    "incomplete",
    "issued",
    "missing",
    "told",
]
