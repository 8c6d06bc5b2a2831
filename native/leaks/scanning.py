"""Goes through each place, tells how far it is, and what it found."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

from native.backends import Loki, Prometheus, Tempo, client
from native.paths import Instance
from native.ports import Ports

from . import stores, telemetry
from .findings import Finding, Piece, found_in

TIMEOUT_S = 60.0
EVERY = 5_000
"""After so many pieces it is told how far we are."""

Told = Callable[["Place"], None]


@dataclass
class Place:
    name: str
    pieces: int = 0
    findings: set[Finding] = field(default_factory=set)
    seconds: float = 0.0
    is_done: bool = False


def scan(instance: Instance, ports: Ports, since_s: float, tell: Told) -> list[Place]:
    """All that the instance has kept for so long; its files and tables whatever age."""
    since = time.time_ns() - int(since_s * 1e9)
    places = []
    with Loki(ports.url("LOKI_PORT"), client(TIMEOUT_S)) as loki:
        places.append(_looked("Loki", telemetry.in_loki(loki, since), tell))
    with Tempo(ports.url("TEMPO_PORT"), client(TIMEOUT_S)) as tempo:
        places.append(_looked("Tempo", telemetry.in_tempo(tempo, since), tell))
    with Prometheus(ports.url("PROMETHEUS_PORT"), client(TIMEOUT_S)) as prometheus:
        pieces = telemetry.in_prometheus(prometheus, since)
        places.append(_looked("Prometheus", pieces, tell))
    places.append(_looked("NATS", _listed(stores.in_nats(ports)), tell))
    places.append(_looked("PostgreSQL", _listed(stores.in_postgres(ports)), tell))
    places.append(_looked("files", stores.in_files(instance), tell))
    return places


def _looked(name: str, pieces: Iterator[Piece], tell: Told) -> Place:
    place, begun = Place(name), time.monotonic()
    for piece in pieces:
        place.findings.update(found_in(name, piece))
        place.pieces += 1
        if place.pieces % EVERY == 0:
            place.seconds = time.monotonic() - begun
            tell(place)
    place.seconds, place.is_done = time.monotonic() - begun, True
    tell(place)
    return place


def _listed(pieces: AsyncIterator[Piece]) -> Iterator[Piece]:
    """One after the other, for those who do not wait."""
    with asyncio.Runner() as runner:
        while True:
            try:
                yield runner.run(anext(pieces))  # type: ignore[arg-type]
            except StopAsyncIteration:
                return
