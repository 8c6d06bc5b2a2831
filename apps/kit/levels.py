"""How much a process tells: operators may have it tell more, or less, for a while.

Lines of our own alone; libraries stay as they are. What auditors ask for is told always.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Self

from fastapi import APIRouter, FastAPI
from pydantic import BaseModel, ConfigDict, Field

from apps.kit.auth import Caller, may
from apps.kit.masking import CARDLESS
from apps.kit.signals import Facts, tell
from apps.kit.values import now
from apps.kit.writing import NUMBERS, Level, way

USUAL: Level = "info"

LONGEST_S = 24 * 3600
"""Nobody's debugging takes longer; whoever forgets it fills no disk."""


@dataclass(frozen=True, slots=True)
class Wished:
    """What somebody asked for, until it ends."""

    level: Level
    until: datetime
    by: str
    reason: str


class Levels:
    """The level of this process, and who wished it."""

    def __init__(self) -> None:
        self.wished: Wished | None = None
        self._ending: asyncio.TimerHandle | None = None

    @property
    def level(self) -> Level:
        return self.wished.level if self.wished else USUAL

    def wish(self, level: Level, for_s: int, *, by: str, reason: str) -> None:
        """It holds for so long; the usual one is wished for good."""
        self._stop()
        until = now() + timedelta(seconds=for_s)
        if level != USUAL:
            self.wished = Wished(level, until, by, reason)
            later = asyncio.get_running_loop().call_later
            self._ending = later(for_s, self._expire)
        more: Facts = {"log.by": by, "log.reason": reason, "log.for_s": for_s}
        self._set("wished", more)

    def _expire(self) -> None:
        self._stop()
        self._set("expired", {})

    def _stop(self) -> None:
        self.wished = None
        if self._ending:
            self._ending.cancel()
            self._ending = None

    def _set(self, why: str, more: Facts) -> None:
        way.least = NUMBERS[self.level]
        facts: Facts = {"log.level": self.level, "log.why": why, **more}
        tell("log.level_changed", facts, audit=True)


levels = Levels()


class LevelIn(BaseModel):
    """Tell what is not below `level` for so long; `info` is the usual, and ends it."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [{"level": "debug", "for_s": 600, "reason": "slow refunds"}]
        },
    )

    level: Level
    for_s: Annotated[int, Field(ge=1, le=LONGEST_S)] = 900
    reason: Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]{3,200}$"), CARDLESS]


EXAMPLE: dict[str, Any] = {
    "level": "debug",
    "until": "2026-03-01T12:10:00Z",
    "by": "ops",
    "reason": "slow refunds",
}


class LevelOut(BaseModel):
    """What this replica tells, and until when, if that is not the usual."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    level: Level
    until: datetime | None = None
    by: str | None = None
    reason: str | None = None

    @classmethod
    def of(cls, given: Levels) -> Self:
        wished = given.wished
        if wished is None:
            return cls(level=given.level)
        return cls(
            level=wished.level, until=wished.until, by=wished.by, reason=wished.reason
        )


async def get_log_level(_caller: Annotated[Caller, may("ops")]) -> LevelOut:
    """What this replica tells."""
    return LevelOut.of(levels)


async def set_log_level(
    body: LevelIn, caller: Annotated[Caller, may("ops")]
) -> LevelOut:
    """Have this replica tell more, or less, for a while."""
    by = caller.client_id
    levels.wish(body.level, body.for_s, by=by, reason=body.reason)
    return LevelOut.of(levels)


def at(prefix: str) -> APIRouter:
    """Where operators' things are; a router's own prefix is in `http.route`, one that is
    given as it is included is not."""
    router = APIRouter(prefix=prefix, tags=["ops"])
    router.add_api_route("/log-level", get_log_level, methods=["GET"])
    router.add_api_route("/log-level", set_log_level, methods=["PUT"])
    return router


def show_levels(app: FastAPI, own: APIRouter) -> None:
    """Beside the service's own routes, unless it shows them where it wants."""
    if not _has(own):
        app.include_router(at("/ops"))


def _has(own: APIRouter) -> bool:
    included = (getattr(each, "original_router", None) for each in own.routes)
    shown = (getattr(each, "endpoint", None) for each in own.routes)
    return get_log_level in shown or any(_has(each) for each in included if each)
