"""Whether ratios are still what they were: `benchmarks/ratios.json` keeps them.

Only ratios, never times: a time is the machine's, a ratio is ours. Each is kept with
what it is and how far it may be off before somebody is told.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from rich.console import Console
from rich.table import Table

FILE = Path(__file__).parent / "ratios.json"

QUICKLY = 1.5
"""A short run is so much noisier."""


class Better(StrEnum):
    LOWER = "lower"
    HIGHER = "higher"


@dataclass(frozen=True, slots=True)
class Ratio:
    """One ratio, measured or kept."""

    name: str
    value: float
    what: str
    within: float = 0.2
    """So large a share of it is noise."""
    better: Better = Better.LOWER

    def worse_than(self, kept: "Ratio") -> float:
        """By what share; below zero it is better."""
        if not kept.value:
            return 0.0
        by = self.value / kept.value - 1
        return by if kept.better is Better.LOWER else -by


class Verdict(StrEnum):
    HOLDS = "holds"
    WORSE = "worse"
    BETTER = "better"
    NEW = "new"


@dataclass(frozen=True, slots=True)
class Compared:
    """A measured ratio beside the one that was kept."""

    now: Ratio
    kept: Ratio | None
    quick: bool = False

    @property
    def within(self) -> float:
        kept = self.kept or self.now
        return kept.within * (QUICKLY if self.quick else 1.0)

    @property
    def verdict(self) -> Verdict:
        if self.kept is None:
            return Verdict.NEW
        by = self.now.worse_than(self.kept)
        if by > self.within:
            return Verdict.WORSE
        return Verdict.BETTER if by < -self.within else Verdict.HOLDS


def load(file: Path = FILE) -> dict[str, Ratio]:
    if not file.is_file():
        return {}
    told: Mapping[str, dict[str, object]] = json.loads(file.read_text())
    return {name: _ratio(name, each) for name, each in told.items()}


def keep(measured: Iterable[Ratio], file: Path = FILE) -> None:
    """From now on these are how it should be; what was not measured stays."""
    kept = load(file) | {each.name: each for each in measured}
    told = {name: _told(kept[name]) for name in sorted(kept)}
    file.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def compare(
    measured: Iterable[Ratio], file: Path = FILE, *, quick: bool = False
) -> list[Compared]:
    kept = load(file)
    return [Compared(each, kept.get(each.name), quick) for each in measured]


def show(compared: Sequence[Compared], console: Console) -> bool:
    """Print what was found, warn of what became worse; true if nothing did."""
    console.print(table(compared))
    worse = [each for each in compared if each.verdict is Verdict.WORSE]
    for each in worse:
        was = each.kept.value if each.kept else 0.0
        console.print(
            f"Warning: {each.now.name} was {was:.3g} and is {each.now.value:.3g},"
            f" more than {each.within:.0%} worse.",
            style="bold red",
        )
    if any(each.verdict in {Verdict.BETTER, Verdict.NEW} for each in compared):
        console.print("`python -m benchmarks --keep` keeps what is new.", style="dim")
    return not worse


def table(compared: Sequence[Compared]) -> Table:
    shown = Table("ratio", "was", "is", "may be off by", "", title="Ratios")
    styles = {Verdict.WORSE: "bold red", Verdict.BETTER: "green", Verdict.NEW: "cyan"}
    for each in compared:
        was = f"{each.kept.value:.3g}" if each.kept else ""
        row = (each.now.name, was, f"{each.now.value:.3g}", f"{each.within:.0%}")
        shown.add_row(*row, each.verdict, style=styles.get(each.verdict))
    return shown


def as_json(measured: Iterable[Ratio]) -> dict[str, object]:
    return {each.name: _told(each) for each in measured}


def from_json(told: Mapping[str, dict[str, object]]) -> list[Ratio]:
    return [_ratio(name, each) for name, each in told.items()]


def _ratio(name: str, told: Mapping[str, object]) -> Ratio:
    return Ratio(
        name,
        float(str(told["is"])),
        str(told["what"]),
        float(str(told["within"])),
        Better(str(told["better"])),
    )


def _told(ratio: Ratio) -> dict[str, object]:
    told = asdict(ratio)
    del told["name"]
    return {"is": float(f"{told.pop('value'):.3g}"), **told}
