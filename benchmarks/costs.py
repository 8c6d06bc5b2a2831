"""What a stack costs: CPU, memory and open files by process, statements by payment."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil

from native.backends import Backends, until
from native.evidence import Span
from native.gateway import Gateway
from native.ports import Ports
from native.supervise import Supervisor

MIB = 1024**2
SETTLED_S = 2.0
"""From an answer until all spans of it have come, with room to spare."""

ANSWERING = frozenset({"gateway", "payments", "bank", "fraud"})
"""Whoever waits for an answer to a payment waits for these."""


@dataclass(frozen=True, slots=True)
class Memory:
    """In MiB: `pss` counts what processes share once, `rss` once for each of them."""

    pss: float
    rss: float


def service(process: str) -> str:
    """Whose replica a process is: `payments-2` is one of payments."""
    name, _, number = process.rpartition("-")
    return name if number.isdecimal() else process


def cpu(instance: str) -> dict[str, float]:
    """Seconds that each process has worked, those of its children among them."""
    used = {name: _seconds(root) for name, root in _roots(instance)}
    return used | {"machine": busy()}


def busy() -> float:
    """CPU seconds that the whole machine has worked."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0))


def memory(instance: str) -> dict[str, Memory]:
    return {name: _memory(root) for name, root in _roots(instance)}


def open_files(instance: str) -> dict[str, int]:
    """Descriptors that each process holds, its children's among them."""
    return {
        name: int(_sum(root, lambda each: each.num_fds()))
        for name, root in _roots(instance)
    }


def whole(by_process: dict[str, Memory]) -> Memory:
    told = by_process.values()
    return Memory(sum(each.pss for each in told), sum(each.rss for each in told))


def _roots(instance: str) -> Iterator[tuple[str, psutil.Process]]:
    for each in Supervisor.of(instance).processes():
        if each.pid and psutil.pid_exists(each.pid):
            yield each.name, psutil.Process(each.pid)


def _memory(root: psutil.Process) -> Memory:
    def pss(process: psutil.Process) -> float:
        told = process.memory_full_info()
        return float(getattr(told, "pss", told.rss)) / MIB

    def rss(process: psutil.Process) -> float:
        return float(process.memory_info().rss) / MIB

    return Memory(_sum(root, pss), _sum(root, rss))


def _seconds(root: psutil.Process) -> float:
    try:
        ended = root.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0

    def worked(process: psutil.Process) -> float:
        times = process.cpu_times()
        return float(times.user + times.system)

    return float(ended.children_user + ended.children_system) + _sum(root, worked)


def _sum(root: psutil.Process, told: Callable[[psutil.Process], float]) -> float:
    """Of the process and its children, but for those that end meanwhile."""
    found = 0.0
    try:
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return found
    for each in family:
        try:
            found += told(each)
        except psutil.NoSuchProcess:
            continue
    return found


def statements(ports: Ports, amount: int) -> Counter[tuple[str, str]]:
    """What services ask their databases before a payment is answered, by its trace."""
    with Backends.of(ports) as backends, Gateway(ports.url("GATEWAY_PORT")) as gateway:
        gateway.pay(amount)
        trace = gateway.pay(amount).headers["Trace-Id"]
        time.sleep(SETTLED_S)
        spans = until(lambda: backends.tempo.trace(trace))
    (asked,) = (span for span in spans if span.name == "payments.pay")
    below = _awaited(asked, spans)
    return Counter((s.service, s.name) for s in below if s.fact("db.system.name"))


def _awaited(root: Span, spans: list[Span]) -> Iterator[Span]:
    """All below a span but what messages set off."""
    for span in spans:
        if span.parent == root.id and span.kind not in {"PRODUCER", "CONSUMER"}:
            yield span
            yield from _awaited(span, spans)
