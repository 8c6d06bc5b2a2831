"""Where a request comes from: the socket says it, not what the request says of itself."""

from collections.abc import Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NOWHERE = "nowhere"
HOUSEHOLD = 64
"""An IPv6 customer has at least so long a prefix, and all addresses behind it."""


def networks(written: str) -> tuple[Network, ...]:
    """Addresses and networks, by commas; raises ValueError."""
    return tuple(ip_network(each.strip()) for each in written.split(",") if each)


def origin(peer: str, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """The nearest address that is no proxy of ours; IPv6 by household.

    Each proxy adds whom it heard from at the right end of X-Forwarded-For: what stands
    left of a stranger is the stranger's own invention.
    """
    came = [each.strip() for line in forwarded for each in line.split(",")]
    place = _parsed(peer)
    while place is not None and came and any(place in each for each in proxies):
        further = _parsed(came.pop())
        if further is None:
            break
        place = further
    return _household(place)


def _parsed(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _household(place: Address | None) -> str:
    if place is None:
        return NOWHERE
    if isinstance(place, IPv6Address):
        if place.ipv4_mapped:
            return str(place.ipv4_mapped)
        return str(ip_network((place, HOUSEHOLD), strict=False))
    return str(place)
