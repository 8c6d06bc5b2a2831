"""Every fact that the gateway tells."""

from .calls import FORWARDED, forwarded
from .tokens import denied, issued

__all__ = ["FORWARDED", "denied", "forwarded", "issued"]
