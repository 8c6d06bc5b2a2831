"""Letting a service answer."""

import secrets

from apps.kit.errors import Unauthenticated

from .. import signals
from ..domain.calls import Answer, Call
from ..ports import Upstream


async def forward(call: Call, upstream: Upstream) -> Answer:
    """Let the service answer."""
    answer = await upstream.forward(call)
    signals.forwarded(upstream.name, call, answer)
    return answer


def check_token(authorization: str, token: str) -> None:
    """Raise Unauthenticated unless the bearer token (RFC 6750) is the right one."""
    scheme, _, given = authorization.partition(" ")
    right = secrets.compare_digest(given.encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise Unauthenticated(
            "Send Authorization: Bearer <token>; make token prints one."
        )
