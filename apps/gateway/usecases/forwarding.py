"""Letting a service answer, or what it answered a moment ago."""

import hashlib
from dataclasses import replace

from apps.kit import deadlines
from apps.kit.auth import Caller
from apps.kit.caching import Cache, Found, Outcome
from apps.kit.errors import DeadlineExceeded, DependencyUnavailable

from .. import signals
from ..domain.calls import Answer, Call
from ..domain.kept import Tagged, shown
from ..domain.routes import Cached, Route
from ..ports import Ports, Upstream
from .limiting import counted_as
from .visits import current

AWAY = (DependencyUnavailable, DeadlineExceeded)
"""What an old answer is better than."""


class _Broken(DependencyUnavailable):
    """It answered, and what it said is that it has no answer."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


async def answered(route: Route, call: Call, caller: Caller, ports: Ports) -> Answer:
    """What the service says; of what may be kept, what it said to him before."""
    visit = current.get(None)
    if visit and route.limit:
        visit.counts(ports.limits[route.limit], counted_as(caller))
    upstream = ports.upstreams[route.service]
    if route.cache is Cached.NEVER:
        return await forward(call, upstream)
    try:
        found = await _kept(route, call, caller, ports.kept, upstream)
    except _Broken as broken:
        return broken.answer
    return shown(found.value, call, found.age_s, stale=found.outcome is Outcome.STALE)


async def forward(call: Call, upstream: Upstream) -> Answer:
    """Let the service answer."""
    answer = await upstream.forward(call)
    signals.forwarded(upstream.name, call, answer)
    return answer


async def _kept(
    route: Route,
    call: Call,
    caller: Caller,
    kept: Cache[Tagged],
    upstream: Upstream,
) -> Found[Tagged]:
    """Asked whole, whatever the caller has of it: the answer is for others too."""
    whole = replace(call, headers=[h for h in call.headers if h[0] != "if-none-match"])

    async def ask() -> Tagged:
        with deadlines.unbound():  # others wait for it too, and longer
            answer = await forward(whole, upstream)
        if answer.status >= 500:
            raise _Broken(answer)
        return Tagged.of(answer, hashlib.sha256(answer.body).hexdigest()[:32])

    key = f"{counted_as(caller)} {call.path}"
    try:
        within_s = deadlines.spare_s()
        return await kept.get(key, ask, keeps=_is_whole, within_s=within_s)
    except TimeoutError as late:
        raise DeadlineExceeded(f"{route.service} took too long.") from late


def _is_whole(tagged: Tagged) -> bool:
    return tagged.answer.status == 200
