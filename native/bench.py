"""`make bench-up`: how fast a warm start is, what it costs at rest, how fresh it tells."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import psutil
from rich.console import Console

from .backends import Backends, until
from .environment import SERVICES
from .evidence import LogLine, Span, whole
from .figures import MIB, Figures, Memory
from .gateway import Gateway
from .paths import ROOT, Instance
from .ports import Ports
from .supervise import Supervisor
from .trouble import Trouble

OWN = "bench"
"""Measured apart from the stack that somebody may be using."""

WARM_UP, PAYMENTS = 5, 20
AT_REST_S = 15.0
"""After the last payment, so that queues are empty and caches have what they keep."""

DECISIONS = "sum(payments_decisions_total)"
LOOK_EVERY_S = 0.02
PAUSE_S = 0.3
"""Between payments: each is to be seen alone, not in the batch of another."""


def run(instance: str = OWN) -> int:
    """Measure, print, keep; 0 if every promise holds."""
    name = OWN if instance == "default" else instance
    console = Console()
    try:
        figures = _measured(name, console)
    finally:
        _native("down", name)
    for table in figures.tables():
        console.print(table)
    console.print(f"From the answer on: {figures.spread()}.")
    home = Instance(name).home
    (home / "figures.json").write_text(json.dumps(figures.data(), indent=2) + "\n")
    (home / "figures.md").write_text(figures.markdown())
    console.print(f"For docs/performance.md: {home / 'figures.md'}", soft_wrap=True)
    return 0 if figures.hold else 1


def _measured(name: str, console: Console) -> Figures:
    console.print("Warming up: once up and down …", style="dim")
    _native("down", name)
    _native("up", name, "--no-story")
    _native("down", name)
    console.print("Starting …", style="dim")
    begun = time.monotonic()
    _native("up", name, "--no-story")
    up = time.monotonic() - begun

    ports = Ports.load(name)
    with Backends.of(ports) as backends, Gateway(ports.url("GATEWAY_PORT")) as gateway:
        console.print(f"Paying {PAYMENTS} times …", style="dim")
        for _ in range(WARM_UP):
            _seen(gateway, backends)
        seen = [_seen(gateway, backends) for _ in range(PAYMENTS)]
    console.print(f"Resting {AT_REST_S:g} s …", style="dim")
    time.sleep(AT_REST_S)
    trace, lines = ([pair[i] for pair in seen] for i in (0, 1))
    memory = _memory(name)
    with Backends.of(ports) as backends, Gateway(ports.url("GATEWAY_PORT")) as gateway:
        console.print(f"Paying {PAYMENTS} times more, to be counted …", style="dim")
        metric = _counted(gateway, backends)
    return Figures(up, memory, trace, lines, metric)


def _native(word: str, instance: str, *words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "native", word, "--instance", instance, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Trouble(
            f"`{word}` of instance '{instance}' failed.", tail=done.stdout + done.stderr
        )


def _seen(gateway: Gateway, backends: Backends) -> tuple[float, float]:
    """Seconds from the answer until trace and lines can be read, all of them."""
    time.sleep(PAUSE_S)
    answer = gateway.pay()
    answered = time.monotonic()
    gateway.understood(answer)
    trace = answer.headers["Trace-Id"]

    def spans() -> list[Span]:
        return backends.tempo.trace(trace)

    def lines() -> list[LogLine]:
        return backends.loki.of_trace(trace)

    def after(look: Callable[[], bool]) -> float:
        until(look, every=LOOK_EVERY_S)
        return time.monotonic() - answered

    with ThreadPoolExecutor(2) as pool:
        told = pool.submit(after, lambda: whole(spans(), SERVICES))
        said = pool.submit(after, lambda: {x.service for x in lines()} >= set(SERVICES))
        return told.result(), said.result()


def _counted(gateway: Gateway, backends: Backends) -> list[float]:
    """Seconds from each answer until Prometheus has counted the decision."""
    before = backends.prometheus.total(DECISIONS)
    answered: list[float] = []
    counted: list[float] = []
    while len(counted) < PAYMENTS:
        if len(answered) < PAYMENTS:
            gateway.understood(gateway.pay())
            answered.append(time.monotonic())
        time.sleep(PAUSE_S)
        known = round(backends.prometheus.total(DECISIONS) - before)
        counted += [time.monotonic()] * (known - len(counted))
    return [seen - since for since, seen in zip(answered, counted, strict=True)]


def _memory(name: str) -> list[Memory]:
    """Every process that the supervisor runs, and the supervisor itself."""
    supervisor = Supervisor.of(name)
    pids = {each.name: each.pid for each in supervisor.processes() if each.pid}
    above = psutil.Process(next(iter(pids.values()))).parent()
    found = [
        _with_children(process, psutil.Process(pid)) for process, pid in pids.items()
    ]
    own = [Memory("supervisord", *_resident(above))] if above else []
    return found + own


def _with_children(name: str, process: psutil.Process) -> Memory:
    family = [process, *process.children(recursive=True)]
    told = [_resident(each) for each in family if each.is_running()]
    return Memory(name, sum(pss for pss, _ in told), sum(rss for _, rss in told))


def _resident(process: psutil.Process) -> tuple[float, float]:
    """PSS and RSS in MiB; where the system tells no PSS, RSS for both."""
    told = process.memory_full_info()
    return getattr(told, "pss", told.rss) / MIB, told.rss / MIB
