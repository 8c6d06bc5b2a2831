"""What a stack costs: CPU and memory by process, statements by payment, work left."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator

import asyncpg
import psutil
from rich.console import Console

from native.backends import Backends, until
from native.evidence import Span
from native.gateway import Gateway
from native.ports import Ports
from native.supervise import Supervisor

console = Console(width=100)

MIB = 1024**2
SETTLED_S = 2.0
"""From an answer until all spans of it have come, with room to spare."""

LEFT = """
SELECT (SELECT count(*) FROM outbox WHERE published_at IS NULL)
    + (SELECT count(*) FROM saga WHERE state = 'due' AND next_at < now())
"""


def cpu(instance: str) -> dict[str, float]:
    """Seconds that each process has worked, those of its children among them."""
    used = {name: _seconds(root) for name, root in _roots(instance)}
    times = psutil.cpu_times()
    return used | {"machine": sum(times) - times.idle - getattr(times, "iowait", 0)}


def memory(instance: str) -> dict[str, float]:
    """PSS in MiB."""
    return {
        name: sum(each.memory_full_info().pss for each in _family(root)) / MIB
        for name, root in _roots(instance)
    }


def _roots(instance: str) -> Iterator[tuple[str, psutil.Process]]:
    for each in Supervisor.of(instance).processes():
        if each.pid:
            yield each.name, psutil.Process(each.pid)


def _family(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def _seconds(root: psutil.Process) -> float:
    ended = root.cpu_times()
    used = ended.children_user + ended.children_system
    for each in _family(root):
        try:
            times = each.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system
    return float(used)


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


async def drained(ports: Ports, within_s: float = 300.0) -> float:
    """Seconds until payments has nothing left to announce or to finish."""
    where = f"127.0.0.1:{ports['POSTGRES_PORT']}"
    db = await asyncpg.connect(f"postgresql://payments:payments@{where}/payments")
    begun = time.monotonic()
    try:
        async with asyncio.timeout(within_s):
            while await db.fetchval(LEFT):  # noqa: ASYNC110  (another process's work)
                await asyncio.sleep(0.5)
    except TimeoutError:
        console.print("There is still something left to do.", style="yellow")
    finally:
        await db.close()
    return time.monotonic() - begun
