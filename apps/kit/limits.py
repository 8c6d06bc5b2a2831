"""At most so many in any so many seconds, for each key: a moving window, in memory.

docs/decisions/0031-the-gateway.md says why it is ours, and what it costs.
"""

import math
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.kit.signals import Counter, Facts, event, tell

DECISIONS = Counter(
    "limiter.decisions",
    unit="{request}",
    about="Requests that were counted against a limit, and those that were beyond it.",
    by=("limiter.policy", "limiter.decision"),
)

KEYS = 20_000
"""So many are remembered; the one that was quiet longest is forgotten first."""

SILENCE_S = 10.0
"""A key that goes beyond its limit is one line in so many seconds, not one a request."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may, and what is left of the window."""

    allowed: bool
    remaining: int
    reset_s: int
    """Until the oldest that counts no longer does, rounded up."""


@dataclass(slots=True)
class _Key:
    at: deque[float] = field(default_factory=deque)
    silent_until: float = -math.inf


class MovingWindow:
    """One limit, for as many keys as come; what is refused does not count."""

    def __init__(
        self,
        name: str,
        most: int,
        within_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        keys: int = KEYS,
    ) -> None:
        self.name, self.most, self.within_s = name, most, within_s
        self._clock = clock
        self._most_keys = keys
        self._keys: dict[str, _Key] = {}
        self.policy = f'"{name}";q={most};w={math.ceil(within_s)}'
        self._facts = {
            allowed: {
                "limiter.policy": name,
                "limiter.decision": "allowed" if allowed else "refused",
            }
            for allowed in (True, False)
        }

    def __len__(self) -> int:
        return len(self._keys)

    def hit(self, key: str) -> Decision:
        """Count one request of this key, if it may be."""
        now = self._clock()
        kept = self._kept(key, now)
        at = kept.at
        while at and now - at[0] >= self.within_s:
            at.popleft()
        allowed = len(at) < self.most
        if allowed:
            at.append(now)
        reset_s = math.ceil(at[0] + self.within_s - now)
        facts = self._facts[allowed]
        DECISIONS.add(facts)
        if not allowed:
            self._refused(kept, facts, now)
        return Decision(allowed, self.most - len(at), max(1, reset_s))

    def left(self, decision: Decision) -> str:
        """What the caller is told (draft-ietf-httpapi-ratelimit-headers-11)."""
        return f'"{self.name}";r={decision.remaining};t={decision.reset_s}'

    def _kept(self, key: str, now: float) -> _Key:
        """Its past; and whoever was quiet longest goes, when his time or room is over."""
        kept = self._keys.pop(key, None) or _Key()
        self._keys[key] = kept
        for _ in range(2):
            oldest = next(iter(self._keys))
            at = self._keys[oldest].at
            is_over = not at or now - at[-1] >= self.within_s
            if oldest == key or not (is_over or len(self._keys) > self._most_keys):
                break
            del self._keys[oldest]
        return kept

    def _refused(self, kept: _Key, facts: Facts, now: float) -> None:
        event("limiter.refused", facts)
        if now >= kept.silent_until:
            kept.silent_until = now + SILENCE_S
            tell("limiter.refusing", facts, level="warning")
