"""What our instrumentation costs beside the usual one: `python -m benchmarks.peers`.

One trivial endpoint, built bare, on our kit, and with contrib's automatic
instrumentation and its defaults; one server, one route, one line per request. All stand
side by side and are asked in turn; their telemetry goes to a sink that counts it.
"""

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.peer_apps import WAYS
from benchmarks.serving import free_port, until_open
from benchmarks.sink import Sink, sinking
from native.figures import machine

ROUNDS, CALLS, TOGETHER = 9, 1500, 16
WARM = 300
MOST = 0.25
"""What we add may cost this share of what contrib adds."""

TOLD = ("ours", "service", "contrib")
SETTLED_S = 1.0
"""After a round: what its threads still send belongs to it."""


@dataclass
class Way:
    """One way to build the endpoint, as it stands, and what was measured of it."""

    name: str
    port: int
    process: psutil.Process
    asked: int = 0
    costs: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)

    def cpu_s(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@dataclass(frozen=True)
class Found:
    """What one way costs, and how much of it arrived."""

    name: str
    cpu_us: float
    added_us: float
    per_s: float
    asked: int
    spans: int
    servers: int
    lines: int
    counted: int


@contextlib.contextmanager
def standing(name: str, sink: Sink) -> Iterator[Way]:
    """The way's server, for as long as it is asked; it leaves in good order."""
    port = free_port()
    told = {
        "OTEL_SERVICE_NAME": name,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{sink.port}",
    }
    command = [sys.executable, "-m", "benchmarks.peer_apps", name, str(port)]
    server = subprocess.Popen(  # noqa: S603  (ours)
        command,
        env={**os.environ, **told},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until_open(port)
        yield Way(name, port, psutil.Process(server.pid))
    finally:
        server.terminate()
        server.wait(30)


async def ask(port: int, times: int) -> None:
    """So many requests on one connection, each after the answer to the last."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    asked = f"GET /payments/7 HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    for _ in range(times):
        writer.write(asked)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.decode())
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()


async def measure(way: Way, calls: int) -> None:
    """One round: CPU of the whole process per request, its export threads' too."""
    begun, before = time.perf_counter(), way.cpu_s()
    await asyncio.gather(*(ask(way.port, calls // TOGETHER) for _ in range(TOGETHER)))
    taken = time.perf_counter() - begun
    await asyncio.sleep(SETTLED_S)
    asked = calls // TOGETHER * TOGETHER
    way.asked += asked
    way.costs.append((way.cpu_s() - before) / asked * 1e6)
    way.rates.append(asked / taken)


def found(way: Way, bare: float, sink: Sink) -> Found:
    cpu, name = statistics.median(way.costs), way.name
    return Found(
        name=name,
        cpu_us=round(cpu),
        added_us=round(cpu - bare),
        per_s=round(statistics.median(way.rates)),
        asked=way.asked,
        spans=sink.spans[name],
        servers=sink.servers[name],
        lines=sink.lines[name],
        counted=sink.counted.get(name, 0),
    )


def compared(rounds: int, calls: int, names: list[str]) -> list[Found]:
    """All ways, asked in turn; they have left before what arrived is counted."""
    with sinking() as sink:
        with contextlib.ExitStack() as stack:
            ways = [stack.enter_context(standing(name, sink)) for name in names]
            for way in ways:
                asyncio.run(measure(way, WARM))
                way.costs.clear()
                way.rates.clear()
            for _ in range(rounds):
                for way in ways:
                    asyncio.run(measure(way, calls))
        bare = statistics.median(ways[0].costs)
        return [found(way, bare, sink) for way in ways]


def table(all_found: list[Found]) -> Table:
    shown = Table(title=machine())
    for head in ("way", "CPU µs", "added µs", "req/s", "asked"):
        shown.add_column(head, justify="left" if head == "way" else "right")
    for head in ("spans", "server spans", "lines", "counted"):
        shown.add_column(head, justify="right")
    for each in all_found:
        shown.add_row(*(str(value) for value in asdict(each).values()))
    return shown


def lost(each: Found) -> int:
    """Requests without their span, their line or their count."""
    return sum(each.asked - kept for kept in (each.servers, each.lines, each.counted))


def main() -> None:
    asked = ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--calls", type=int, default=CALLS, help="in each round")
    asked.add_argument("--only", nargs="*", default=list(WAYS), help="bare goes first")
    given = asked.parse_args()
    all_found = compared(given.rounds, given.calls, given.only)
    by_name = {each.name: each for each in all_found}
    console = Console(width=120)
    console.print(table(all_found))
    told: dict[str, Any] = {"peers": [asdict(each) for each in all_found]}
    if {"ours", "contrib"} <= set(by_name):
        ratio = by_name["ours"].added_us / by_name["contrib"].added_us
        told["added_ratio"] = round(ratio, 3)
        console.print(f"Ours adds {ratio:.2f} of what contrib adds (goal {MOST}).")
    for each in (by_name[name] for name in TOLD if name in by_name):
        console.print(f"{each.name}: {lost(each)} of {3 * each.asked} signals lost.")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
