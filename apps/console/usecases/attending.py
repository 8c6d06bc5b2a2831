"""What an engineer on call asks first: who answers, who is silent, what is stuck."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..domain.incidents import (
    BREAKERS,
    HEARD,
    LEFT_OUT,
    WAITS,
    Breaker,
    Replica,
    Wait,
    Waiting,
    breakers_of,
    replicas_of,
    waiting_of,
)
from ..ports import Ports


@dataclass(frozen=True, slots=True)
class Fleet:
    """The replicas of each service, and how many of them callers leave out."""

    replicas: Mapping[str, Sequence[Replica]]
    left_out: Mapping[str, int]

    @property
    def silent(self) -> list[Replica]:
        return [
            each for found in self.replicas.values() for each in found if each.is_silent
        ]


async def answering(ports: Ports) -> dict[str, bool]:
    """Each server that keeps telemetry or messages, and whether it answers now."""
    asked = {
        "Gateway": ports.gateway.is_there(),
        "Prometheus": ports.prometheus.is_there("/-/ready"),
        "Alertmanager": ports.alertmanager.is_there("/-/ready"),
        "Loki": ports.loki.is_there("/ready"),
        "Tempo": ports.tempo.is_there("/ready"),
        "NATS": ports.nats.is_there("/healthz"),
    }
    return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))


async def fleet(ports: Ports) -> Fleet:
    """All who told something within the hour."""
    now = ports.now_s
    heard, out = await asyncio.gather(
        ports.prometheus.now(HEARD, now), ports.prometheus.now(LEFT_OUT, now)
    )
    left = {e.labels.get("peer_service", "?"): round(e.last or 0) for e in out}
    return Fleet(replicas_of(heard, now), left)


async def breakers(ports: Ports) -> list[Breaker]:
    """As each replica told it last."""
    return breakers_of(await ports.prometheus.now(BREAKERS, ports.now_s))


async def waiting(ports: Ports) -> list[Waiting]:
    """All that waits, dead letters first."""
    found = await asyncio.gather(*(_waiting(each, ports) for each in WAITS))
    return [each for part in found for each in part]


async def _waiting(what: Wait, ports: Ports) -> list[Waiting]:
    now = ports.now_s
    depths = await ports.prometheus.now(what.depth, now) if what.depth else []
    ages = await ports.prometheus.now(what.oldest, now) if what.oldest else []
    return waiting_of(what, depths, ages)
