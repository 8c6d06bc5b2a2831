"""What telemetry costs on the payment path: off, traces only, all of it.

The same stack, whose services start anew with the standard variables for each visit;
visited in the order A B C C B A, so that what drifts meanwhile is shared by all.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import median

from rich.table import Table

from .costs import ANSWERING
from .phases import Phase, hold, saturate
from .plan import Plan
from .ratios import Better, Ratio
from .stacks import EVENLY, Stack, console

OFF, TRACES, ALL = "off", "traces", "all"
VARIANTS: Mapping[str, Mapping[str, str]] = {
    OFF: {"OTEL_SDK_DISABLED": "true"},
    TRACES: {"OTEL_METRICS_EXPORTER": "none", "OTEL_LOGS_EXPORTER": "none"},
    ALL: {},
}
ORDER = (OFF, TRACES, ALL, ALL, TRACES, OFF)
TILLS, WARM_S = 16, 4.0
SERVICES = ANSWERING | {"backoffice", "notifications"}


@dataclass(frozen=True, slots=True)
class Visit:
    """What payments cost and how many there were, told so much."""

    variant: str
    at_rate: Phase
    as_fast: Phase

    @property
    def figures(self) -> dict[str, float]:
        return {
            "path, CPU ms": self.at_rate.of(),
            "services, CPU ms": self.at_rate.of(SERVICES),
            "stack, CPU ms": self.at_rate.stack_ms,
            "payments/s": self.as_fast.lasting_per_s,
            "p50, ms": self.at_rate.paths["floor limit"]["p50"],
        }


@dataclass(frozen=True, slots=True)
class Prices:
    visits: list[Visit]

    def middle(self, figure: str, variant: str) -> float:
        """The median of its visits."""
        told = [each for each in self.visits if each.variant == variant]
        return median(each.figures[figure] for each in told)

    def against_off(self, figure: str, variant: str) -> float:
        off = self.middle(figure, OFF)
        return self.middle(figure, variant) / off if off else 0.0

    def as_json(self) -> dict[str, object]:
        return {
            "medians": {
                variant: {name: self.middle(name, variant) for name in self.names}
                for variant in VARIANTS
            },
            "visits": [asdict(each) for each in self.visits],
        }

    @property
    def names(self) -> list[str]:
        return list(self.visits[0].figures)


async def measure(stack: Stack, plan: Plan) -> Prices:
    visits = []
    for variant in ORDER:
        console.print(f"  Telemetry: {variant} …", style="dim")
        await asyncio.to_thread(stack.with_services, **EVENLY, **VARIANTS[variant])
        await hold(stack, plan.quiet, WARM_S)
        at_rate = await hold(stack, plan.quiet, plan.visit_s)
        as_fast = await saturate(stack, TILLS, plan.visit_s)
        visits.append(Visit(variant, at_rate, as_fast))
    return Prices(visits)


def ratios(prices: Prices) -> list[Ratio]:
    found = []
    for variant in (TRACES, ALL):
        for figure, better in (
            ("path, CPU ms", Better.LOWER),
            ("stack, CPU ms", Better.LOWER),
            ("payments/s", Better.HIGHER),
        ):
            about = f"{figure}: telemetry {variant} against off, on the same stack"
            value = prices.against_off(figure, variant)
            name = f"telemetry {variant}/off: {figure.removesuffix(', CPU ms')}"
            found.append(Ratio(name, value, about, 0.15, better))
    return found


def table(prices: Prices) -> Table:
    """Medians, and what they are against none at all."""
    shown = Table("figure", *VARIANTS, "traces / off", "all / off")
    shown.title = "What telemetry costs; medians of two visits each"
    for name in prices.names:
        middles = (f"{prices.middle(name, each):.1f}" for each in VARIANTS)
        against = (f"{prices.against_off(name, each):.2f}" for each in (TRACES, ALL))
        shown.add_row(name, *middles, *against)
    return shown
