"""What is told of alerts, at each station of the way, and since when."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from native.backends import Backend, Unanswered
from tests.stack.stack import Stack

QUICKEST = "14.4x1h"


@dataclass
class Watch:
    """Looks every second; an alert may be of many, and is told of by its first."""

    stack: Stack
    office: Backend
    """With a token from before anything was broken."""
    fired: dict[str, float] = field(default_factory=dict)
    over: dict[str, float] = field(default_factory=dict)

    def until_fired(self, names: Collection[str], within: float) -> None:
        self._until(names, self.fired, within, is_firing=True)

    def until_over(self, names: Collection[str], within: float) -> None:
        self._until(names, self.over, within, is_firing=False)

    def _until(
        self,
        names: Collection[str],
        seen: dict[str, float],
        within: float,
        *,
        is_firing: bool,
    ) -> None:
        deadline = time.monotonic() + within
        while left := set(names) - seen.keys():
            firing = self.firing() if is_firing else self.firing() | {*self.known()}
            now = time.time()
            for name in left:
                if (name in firing) is is_firing:
                    seen[name] = now
            if time.monotonic() > deadline:
                return
            time.sleep(1)

    def firing(self) -> set[str]:
        """What the back office shows as firing; Alertmanager, while that can show nothing."""
        try:
            found = self.office.json("/ops/alerts", limit=100)
        except Unanswered:
            return {*self.known()}
        return {
            each["name"]
            for each in found
            if each["status"] == "firing" and _is_quick(each["labels"])
        }

    def known(self) -> dict[str, float]:
        """What fires as Alertmanager knows it, and since when, held back or not."""
        url = self.stack.ports.url("ALERTMANAGER_PORT")
        try:
            found: list[Any] = httpx.get(
                f"{url}/api/v2/alerts", params={"active": "true"}, trust_env=False
            ).json()
        except httpx.HTTPError:
            return {}
        return {
            each["labels"]["alertname"]: datetime.fromisoformat(
                each["startsAt"]
            ).timestamp()
            for each in found
            if _is_quick(each["labels"])
        }


def _is_quick(labels: dict[str, str]) -> bool:
    """The slower burns of a promise go on for as long as their windows remember."""
    return labels.get("burn") in {None, QUICKEST}
