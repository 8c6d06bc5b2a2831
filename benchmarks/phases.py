"""One phase of a benchmark: payments offered to a stack, and all that they cost."""

import time
from collections.abc import Awaitable
from dataclasses import dataclass

from . import costs, lag
from .costs import ANSWERING, Memory, service
from .figures import percentiles
from .paying import Offered, keep_paying, offer
from .stacks import Stack, console

MS = 1000.0


@dataclass(frozen=True, slots=True)
class Phase:
    """What was offered, what came of it, what it cost; times in milliseconds."""

    rate: float
    """Payments/s that were to come; 0 where tills order as fast as they are answered."""
    seconds: float
    paid: int
    errors: float
    wrong: dict[str, int]
    paths: dict[str, dict[str, float]]
    cpu_ms: dict[str, float]
    """Per payment, by process, until nothing was left to do."""
    client_ms: float
    """This client's CPU per payment."""
    machine_ms: float
    """All CPU per payment, whoever took it."""
    settled_s: float
    """From the last answer until nothing was left to do."""
    done_last: dict[str, int]
    """What was still to do when it was looked at last."""
    memory: dict[str, Memory]

    @property
    def per_s(self) -> float:
        return self.paid / self.seconds

    @property
    def lasting_per_s(self) -> float:
        """Payments/s with all that follows from them done."""
        return self.paid / (self.seconds + self.settled_s)

    @property
    def stack_ms(self) -> float:
        return sum(self.cpu_ms.values())

    def of(self, names: frozenset[str] = ANSWERING) -> float:
        """CPU per payment of these services, with all their replicas."""
        return sum(ms for name, ms in self.cpu_ms.items() if service(name) in names)

    @property
    def whole(self) -> Memory:
        return costs.whole(self.memory)


async def hold(stack: Stack, rate: float, seconds: float) -> Phase:
    """Payments at a rate."""
    return await _phase(stack, offer(stack.url, rate, seconds))


async def saturate(
    stack: Stack, tills: int, seconds: float, think_s: float = 0.0
) -> Phase:
    """Payments by tills that wait for their answers."""
    return await _phase(stack, keep_paying(stack.url, tills, seconds, think_s))


async def _phase(stack: Stack, offering: Awaitable[Offered]) -> Phase:
    await lag.settled(stack.ports)
    before, begun = costs.cpu(stack.name), time.monotonic()
    offered = await offering
    took = time.monotonic() - begun
    memory = costs.memory(stack.name)
    settled = await lag.settled(stack.ports)
    after = costs.cpu(stack.name)
    used = {
        name: MS * (after[name] - before.get(name, 0.0)) / max(1, offered.paid)
        for name in after
    }
    machine = used.pop("machine")
    phase = Phase(
        rate=offered.rate,
        seconds=offered.seconds if offered.rate else took,
        paid=offered.paid,
        errors=offered.errors,
        wrong=dict(offered.wrong),
        paths={
            path: {name: MS * each for name, each in percentiles(times).items()}
            for path, times in offered.times.items()
        },
        cpu_ms=used,
        client_ms=MS * offered.client_s / max(1, offered.paid),
        machine_ms=machine,
        settled_s=settled.seconds,
        done_last=settled.last,
        memory=memory,
    )
    tell(phase)
    return phase


def tell(phase: Phase) -> None:
    """One line of progress."""
    paths = "; ".join(
        f"{path} {each['p50']:.0f}/{each['p99']:.0f} ms"
        for path, each in phase.paths.items()
    )
    wrong = f", wrong {phase.wrong}" if phase.wrong else ""
    last = ", ".join(phase.done_last)
    asked = f"{phase.rate:.1f}/s" if phase.rate else "as fast as answered"
    console.print(
        f"  {asked} for {phase.seconds:.0f} s: {phase.per_s:.1f}/s paid,"
        f" p50/p99 {paths}; {phase.stack_ms:.0f} ms CPU each,"
        f" done {phase.settled_s:.1f} s later ({last}){wrong}",
        style="dim",
        highlight=False,
        soft_wrap=True,
    )
