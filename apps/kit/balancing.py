"""Which of a service's replicas is asked: the less busy of two, and none that is gone.

A replica whose connections fail five times in a row is left out for ten seconds; then one
request tries it. The last one is never left out: to ask it is better than not to ask.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx

from apps.kit.signals import Counter, Facts, Gauge, event, tell

PICKS = Counter(
    "balancer.picks",
    unit="{request}",
    about="Requests sent to a replica.",
    by=("peer.service", "peer.replica"),
)
EJECTIONS = Counter(
    "balancer.ejections",
    unit="{ejection}",
    about="Replicas left out for a while, for their connections failed.",
    by=("peer.service", "peer.replica"),
)
REPLICAS = Gauge(
    "balancer.replicas",
    unit="{replica}",
    about="Replicas known, by whether they are asked.",
    by=("peer.service", "replica.state"),
)

FAILURES = 5
"""Connection failures in a row after which a replica is left out."""

OUT_S = 10.0
"""For so long, in seconds."""

REPEATED = 0.1
"""Requests that may go to a second replica, as a share of all."""

REPEATED_AT_ONCE = 100.0
"""So many of them at once: a replica that dies takes all that it was asked with it."""

MEASURED_EVERY_S = 5.0

BROKEN = (httpx.NetworkError, httpx.RemoteProtocolError, httpx.ConnectTimeout)
"""Faults of the connection: refused, reset, broken off. A slow answer is none."""


@dataclass(eq=False, slots=True)
class Replica:
    """One process that answers, and how it has been doing."""

    url: httpx.URL
    name: str
    in_flight: int = 0
    failures: int = 0
    """Since it last answered."""
    out_until: float | None = None
    is_tried: bool = False
    """It was left out, and one request finds out whether it is back."""


class Replicas:
    """Those of one service: the ones that announced themselves, else the configured."""

    def __init__(
        self,
        service: str,
        urls: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self.service = service
        self._seeds = {_address(url): url for url in urls.split(",") if url}
        self._clock = clock
        self._chance = chance or random.Random()  # noqa: S311  (no secret)
        self._known: dict[str, Replica] = {}
        self._repeats = REPEATED_AT_ONCE
        self._measured = 0.0
        self.follow({})

    def __iter__(self) -> Iterator[Replica]:
        return iter(list(self._known.values()))

    def follow(self, announced: Mapping[str, str]) -> None:
        """These announced themselves, url by instance. Nobody: the configured ones."""
        found: dict[str, Replica] = {}
        for name, url in (announced or self._seeds).items():
            replica = self._known.get(url) or Replica(httpx.URL(url), name)
            replica.name = name
            found[url] = replica
        if found.keys() != self._known.keys() and self._known:
            names = ",".join(sorted(each.name for each in found.values()))
            tell(
                "replicas.changed",
                {"peer.service": self.service, "replica.names": names},
            )
        self._known = found
        self.measure()

    def pick(self, besides: Replica | None = None) -> Replica:
        """The less busy of two that chance names; not the given one if there is another."""
        self._repeats = min(REPEATED_AT_ONCE, self._repeats + REPEATED)
        now = self._clock()
        if now - self._measured > MEASURED_EVERY_S:
            self.measure()
        others = [each for each in self._known.values() if each is not besides]
        able = [each for each in others if _may_be_asked(each, now)]
        able = able or others or list(self._known.values())
        two = self._chance.sample(able, min(2, len(able)))
        picked = min(two, key=lambda each: each.in_flight)
        PICKS.add(self._facts(picked))
        return picked

    def may_repeat(self, besides: Replica) -> bool:
        """Whether a request may go to another replica, once, within the budget."""
        now = self._clock()
        others = (each for each in self._known.values() if each is not besides)
        if self._repeats < 1 or not any(_may_be_asked(each, now) for each in others):
            return False
        self._repeats -= 1
        return True

    @contextmanager
    def asked(self, replica: Replica, after: Replica | None = None) -> Iterator[None]:
        """Around a request to it; what becomes of it is remembered.

        The request came over from `after`, where its connection failed.
        """
        if after:
            event("replica.failover", {"peer.replica.before": after.name})
        replica.in_flight += 1
        is_trial = replica.out_until is not None and not replica.is_tried
        replica.is_tried = replica.is_tried or is_trial
        try:
            yield
        except BROKEN:
            self._failed(replica)
            raise
        else:
            self._answered(replica)
        finally:
            replica.in_flight -= 1
            if is_trial:
                replica.is_tried = False

    def measure(self) -> None:
        """Tell how many are asked and how many are left out."""
        self._measured = self._clock()
        out = sum(each.out_until is not None for each in self._known.values())
        told: Facts = {"peer.service": self.service}
        REPLICAS.set(len(self._known) - out, {**told, "replica.state": "in"})
        REPLICAS.set(out, {**told, "replica.state": "ejected"})

    def _answered(self, replica: Replica) -> None:
        replica.failures = 0
        if replica.out_until is not None:
            replica.out_until = None
            tell("replica.returned", self._facts(replica))
            self.measure()

    def _failed(self, replica: Replica) -> None:
        replica.failures += 1
        if replica.failures < FAILURES:
            return
        others = (each for each in self._known.values() if each is not replica)
        if not any(each.out_until is None for each in others):
            return
        is_news = replica.out_until is None
        replica.out_until = self._clock() + OUT_S
        facts = self._facts(replica)
        EJECTIONS.add(facts)
        event("replica.ejected", facts)
        if is_news:
            tell("replica.ejected", facts, level="warning")
        self.measure()

    def _facts(self, replica: Replica) -> dict[str, str]:
        return {"peer.service": self.service, "peer.replica": replica.name}


def _may_be_asked(replica: Replica, now: float) -> bool:
    if replica.out_until is None:
        return True
    return now >= replica.out_until and not replica.is_tried


def _address(url: str) -> str:
    """How a replica is called that did not announce itself."""
    return httpx.URL(url).netloc.decode()
