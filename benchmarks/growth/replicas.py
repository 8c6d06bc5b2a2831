"""What further replicas of payments and of the bank bring, and take."""

import asyncio

from rich.table import Table

from benchmarks.phases import Phase, saturate
from benchmarks.stacks import Stack, console
from native.shape import MOST

TILLS, WARM_S, SECONDS = 24, 5.0, 30.0


async def measure(stack: Stack, seconds: float = SECONDS) -> dict[int, Phase]:
    """Tills that order as fast as they are answered, by the number of replicas."""
    found = {}
    for number in range(1, MOST + 1):
        console.print(f"  {number} of payments and of the bank …", style="dim")
        await asyncio.to_thread(stack.scale, number)
        await saturate(stack, TILLS, WARM_S)
        found[number] = await saturate(stack, TILLS, seconds)
    await asyncio.to_thread(stack.scale, 1)
    return found


def table(found: dict[int, Phase]) -> Table:
    shown = Table("replicas", "payments/s", "with all that follows", "p50", "p99")
    for head in ("refused", "CPU ms each", "PSS MiB", "RSS MiB"):
        shown.add_column(head, justify="right")
    shown.title = f"Replicas of payments and of the bank, {TILLS} tills"
    for number, phase in found.items():
        shown.add_row(str(number), *cells(phase))
    return shown


def cells(phase: Phase) -> list[str]:
    """What is told of a phase in a row."""
    slow = [max(each[name] for each in phase.paths.values()) for name in ("p50", "p99")]
    memory = phase.whole
    return [
        f"{phase.per_s:.1f}",
        f"{phase.lasting_per_s:.1f}",
        *(f"{each:.0f} ms" for each in slow),
        f"{phase.errors:.1%}",
        f"{phase.stack_ms:.0f}",
        f"{memory.pss:,.0f}",
        f"{memory.rss:,.0f}",
    ]
