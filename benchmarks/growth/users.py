"""What more users bring, and take: each thinks, pays, and waits for his answer."""

from rich.table import Table

from benchmarks.phases import Phase, saturate
from benchmarks.stacks import Stack

from .replicas import cells

USERS = (10, 25, 50, 100, 200)
THINK_S, SECONDS = 4.0, 25.0


async def measure(stack: Stack, seconds: float = SECONDS) -> dict[int, Phase]:
    await saturate(stack, USERS[0], seconds / 3, THINK_S)
    return {each: await saturate(stack, each, seconds, THINK_S) for each in USERS}


def table(found: dict[int, Phase]) -> Table:
    shown = Table("users", "payments/s", "with all that follows", "p50", "p99")
    for head in ("refused", "CPU ms each", "PSS MiB", "RSS MiB"):
        shown.add_column(head, justify="right")
    shown.title = f"Users, each of whom thinks for {THINK_S:g} s on average"
    for number, phase in found.items():
        shown.add_row(str(number), *cells(phase))
    return shown
