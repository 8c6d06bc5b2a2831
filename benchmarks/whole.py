"""The whole stack: how much it pays, how fast, what each process costs for it."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass

from rich.table import Table

from . import locusts
from .figures import SHARES
from .locusts import Locust
from .paying import SOURCES
from .phases import Phase, hold
from .plan import Plan
from .ratios import Better, Ratio
from .stacks import Stack, console

GROWTH, HELD = 1.4, 0.87
MOST_ERRORS, SLOWEST_MS, MOST_LEFT_S = 0.001, 1000.0, 15.0
"""The stack keeps up while fewer fail, 99 of 100 are answered within this, and what
follows from them is done so soon after the last: captures wait for five anyway."""

LIMIT_MIB = 1536.0
"""What the whole may take under load."""


@dataclass(frozen=True, slots=True)
class Whole:
    """What was measured of the whole stack."""

    steady: list[Phase]
    steps: list[Phase]
    knee: float
    held: Phase | None
    locust: Locust | None

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def keeps_up(phase: Phase) -> bool:
    slowest = max(each["p99"] for each in phase.paths.values())
    return (
        phase.errors < MOST_ERRORS
        and slowest < SLOWEST_MS
        and phase.settled_s < MOST_LEFT_S
    )


async def measure(stack: Stack, plan: Plan) -> Whole:
    await hold(stack, plan.quiet, plan.warm_s)
    steady = [await hold(stack, *each) for each in plan.rates]
    steps = [step async for step in _steps(stack, plan)]
    knee = max((each.rate for each in steps if keeps_up(each)), default=0.0)
    console.print(f"  The knee is at {knee:.1f} payments/s.", style="dim")
    held = await hold(stack, HELD * knee, plan.hold_s) if knee else None
    locust = await locusts.measure(stack, plan.quiet, plan.locust_minutes)
    return Whole(steady, steps, knee, held, locust)


async def sustain(stack: Stack, rate: float, seconds: float, plan: Plan) -> Whole:
    """One rate, held as long as is wished."""
    await hold(stack, rate / 2, plan.warm_s)
    held = await hold(stack, rate, seconds)
    return Whole([], [], 0.0, held, None)


async def _steps(stack: Stack, plan: Plan) -> AsyncIterator[Phase]:
    """Faster until it no longer keeps up, then between the last two."""
    good, bad, rate = 0.0, 0.0, plan.first
    halvings = plan.halvings
    while not bad or halvings:
        halvings -= bool(bad)
        step = await hold(stack, rate, plan.step_s)
        yield step
        if keeps_up(step):
            good = rate
        else:
            bad = rate
        rate = (good + bad) / 2 if bad else rate * GROWTH


def ratios(whole: Whole, yardstick_s: float) -> list[Ratio]:
    """CPU in yardsticks: what a payment costs, wherever it is measured."""
    if not whole.steady:
        return []
    quiet, stick = whole.steady[0], 1000 * yardstick_s
    found = [
        Ratio(
            f"cpu of {name}",
            ms / stick,
            f"CPU of {name} per payment at {quiet.rate:g}/s, in yardsticks",
            0.2,
        )
        for name, ms in {"the stack": quiet.stack_ms, **quiet.cpu_ms}.items()
        if ms > 0.02 * quiet.stack_ms
    ]
    share = quiet.whole.pss / LIMIT_MIB
    about = f"memory (PSS) at {quiet.rate:g}/s, share of {LIMIT_MIB:g} MiB"
    found.append(Ratio("memory", share, about, 0.15))
    if whole.knee:
        about = "payments at the knee in the CPU time of a yardstick"
        value = whole.knee * yardstick_s
        found.append(Ratio("knee", value, about, 0.3, Better.HIGHER))
    if whole.locust and whole.locust.cpu_ms:
        about = "CPU of Locust per request, in yardsticks"
        found.append(Ratio("locust", whole.locust.cpu_ms / stick, about, 0.3))
    return found


def tables(whole: Whole) -> list[Table]:
    phases = [*whole.steady, *([whole.held] if whole.held else [])]
    found = [_figures(whole, phases), _processes(phases)]
    return found + ([_steps_table(whole.steps)] if whole.steps else [])


def _figures(whole: Whole, phases: list[Phase]) -> Table:
    table = Table("figure", *(f"{each.rate:.0f}/s" for each in phases))
    table.title = f"The whole stack; knee at {whole.knee:.1f} payments/s"
    table.add_row("held for", *(f"{each.seconds:.0f} s" for each in phases))
    table.add_row("payments/s", *(f"{each.per_s:.1f}" for each in phases))
    table.add_row("errors", *(f"{each.errors:.3%}" for each in phases))
    for path in SOURCES:
        for share in SHARES:
            times = (f"{each.paths[path][share]:.0f} ms" for each in phases)
            table.add_row(f"{path}, {share}", *times)
    left = (f"{each.settled_s:.1f} s" for each in phases)
    table.add_row("nothing left to do after", *left)
    client = (f"{each.client_ms:.1f} ms" for each in phases)
    table.add_row("this client's CPU per payment", *client)
    if whole.locust:
        table.caption = f"One Locust process: {whole.locust.told}"
    return table


def _processes(phases: list[Phase]) -> Table:
    table = Table("process", title="CPU ms per payment, PSS and RSS in MiB")
    for each in phases:
        table.add_column(f"CPU {each.rate:.0f}/s", justify="right")
    for name in ("PSS", "RSS"):
        table.add_column(f"{name} {phases[-1].rate:.0f}/s", justify="right")
    last = phases[-1]
    for name in sorted(last.cpu_ms, key=lambda name: -last.cpu_ms[name]):
        used = (f"{each.cpu_ms.get(name, 0.0):.1f}" for each in phases)
        memory = last.memory.get(name)
        sizes = (f"{memory.pss:.0f}", f"{memory.rss:.0f}") if memory else ("", "")
        table.add_row(name, *used, *sizes)
    table.add_section()
    whole = (f"{each.stack_ms:.1f}" for each in phases)
    table.add_row("stack", *whole, f"{last.whole.pss:.0f}", f"{last.whole.rss:.0f}")
    rest = (f"{each.machine_ms - each.stack_ms:.1f}" for each in phases)
    table.add_row("all else, this client too", *rest)
    return table


def _steps_table(steps: list[Phase]) -> Table:
    table = Table("offered", "paid", "errors", "p99", "done after", "")
    table.title = "On the way to the knee"
    for each in steps:
        p99 = max(path["p99"] for path in each.paths.values())
        kept = "kept up" if keeps_up(each) else "did not"
        row = (f"{each.rate:.1f}/s", f"{each.per_s:.1f}/s", f"{each.errors:.2%}")
        table.add_row(*row, f"{p99:.0f} ms", f"{each.settled_s:.1f} s", kept)
    return table
