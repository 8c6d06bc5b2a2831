"""What operators do to a service's breakers: look, hold open or closed, let go.

The ports of a service that has breakers have them as `breakers`.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol, Self

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from apps.kit.audit import Entry
from apps.kit.auth import Caller, may
from apps.kit.breaker import Breaker
from apps.kit.circuit import Hold
from apps.kit.errors import DependencyUnavailable, NotFound
from apps.kit.masking import CARDLESS
from apps.kit.openapi import problems
from apps.kit.service import wired
from apps.kit.signals import Facts


class UnknownBreaker(NotFound):
    title = "Unknown breaker"


class Wish(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    AUTO = "auto"


class Breakers:
    """All breakers of a service by name, and how to keep what is done to them."""

    def __init__(
        self, *breakers: Breaker, audit: Callable[[Entry], Awaitable[None]]
    ) -> None:
        self._named = {breaker.name: breaker for breaker in breakers}
        self._audit = audit

    def __iter__(self) -> Iterator[Breaker]:
        return iter(self._named.values())

    def named(self, name: str) -> Breaker:
        if name not in self._named:
            raise UnknownBreaker("GET /ops/breakers tells which there are.")
        return self._named[name]

    async def wish(
        self, name: str, wish: Wish, for_s: int, *, by: str, reason: str
    ) -> Breaker:
        """Keep who wished it, then do it: what is not in the trail does not happen."""
        breaker = self.named(name)
        facts: Facts = {
            "breaker.was": breaker.state,
            "breaker.for_s": for_s,
            "breaker.reason": reason,
        }
        await self._audit(Entry(f"client:{by}", "breaker.force", name, wish, facts))
        if wish is Wish.AUTO:
            breaker.let_go(by)
        else:
            is_open = wish is Wish.OPEN
            breaker.hold(is_open=is_open, for_s=for_s, by=by, reason=reason)
        return breaker


class Operated(Protocol):
    """What the ports of such a service have."""

    breakers: Breakers


class WishIn(BaseModel):
    """Hold it `open` (nobody is asked) or `closed` (everybody is, and nothing opens it)
    for so long; `auto` lets go of it at once."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"state": "open", "for_s": 60, "reason": "bank maintenance"}]
        },
    )

    state: Wish
    for_s: Annotated[int, Field(ge=1, le=86_400)] = 300
    reason: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{3,200}$"), CARDLESS]


class HeldOut(BaseModel):
    until: datetime
    by: str
    reason: str

    @classmethod
    def of(cls, held: Hold) -> Self:
        return cls(until=held.until, by=held.by, reason=held.reason)


class BreakerOut(BaseModel):
    """How a breaker stands; `bad` is the share of failed and slow calls among `calls`."""

    name: str
    state: str
    calls: int
    bad: float
    retry_after_s: float
    held: HeldOut | None

    @classmethod
    def of(cls, breaker: Breaker) -> Self:
        window = breaker.circuit.window
        window.forget()
        held = breaker.held
        return cls(
            name=breaker.name,
            state=breaker.state,
            calls=len(window.calls),
            bad=round(window.share, 3),
            retry_after_s=round(breaker.retry_after_s, 3),
            held=HeldOut.of(held) if held else None,
        )


router = APIRouter(prefix="/ops/breakers", tags=["ops"])
Wired = Annotated[Operated, Depends(wired)]


@router.get("")
async def list_breakers(
    ports: Wired, _caller: Annotated[Caller, may("ops")]
) -> list[BreakerOut]:
    """List the breakers of this replica, and how they stand."""
    return [BreakerOut.of(breaker) for breaker in ports.breakers]


@router.put("/{name}", responses=problems(UnknownBreaker, DependencyUnavailable))
async def hold_breaker(
    name: str, body: WishIn, ports: Wired, caller: Annotated[Caller, may("ops")]
) -> BreakerOut:
    """Hold a breaker of this replica open or closed for a while, or let go of it."""
    by = caller.client_id
    done = await ports.breakers.wish(
        name, body.state, body.for_s, by=by, reason=body.reason
    )
    return BreakerOut.of(done)
