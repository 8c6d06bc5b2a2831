"""Which spans used a service's CPU: `python -m benchmarks.span_profiles FILE --span payments.pay`.

Reads what `PAYSCOPE_PROFILES=<folder> make up` left behind (apps/kit/profiling.py). Tells by
span, and leaves a flame graph of all samples, of one span's, or of one trace's.
"""

import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from . import flames
from .collapsed import Stack

NONE = "(no span)"
MOST = 15

Sample = Mapping[str, Any]


def samples_of(file: Path) -> list[Sample]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def chosen(
    samples: Iterable[Sample], trace: str | None, span: str | None
) -> list[Sample]:
    """Of one trace, or of spans of one name; all without either."""
    return [
        each
        for each in samples
        if trace in {None, each.get("trace_id")} and span in {None, each.get("span")}
    ]


def by_span(samples: Iterable[Sample]) -> Counter[str]:
    """Milliseconds of CPU."""
    found: Counter[str] = Counter()
    for each in samples:
        found[each.get("span") or NONE] += each["cpu_ms"]
    return found


def stacks(samples: Iterable[Sample]) -> list[Stack]:
    """Under the span's name; a flame is as wide as its CPU, in tenths of milliseconds."""
    return [
        Stack(
            (each.get("span") or NONE, *each["stack"].split(";")),
            max(1, round(each["cpu_ms"] * 10)),
        )
        for each in samples
    ]


def main() -> None:
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--trace", help="this trace's samples alone")
    parser.add_argument("--span", help="spans of this name alone")
    asked = parser.parse_args()
    samples = chosen(samples_of(asked.file), asked.trace, asked.span)
    used = by_span(samples)
    table = Table("span", "CPU ms", "share")
    for name, ms in used.most_common(MOST):
        table.add_row(name, f"{ms:.1f}", f"{ms / (used.total() or 1):.1%}")
    picture = asked.file.with_suffix(".svg")
    title = asked.trace or asked.span or asked.file.stem
    picture.write_text(flames.svg(stacks(samples), title))
    console = Console()
    console.print(table)
    console.print(f"{picture}", highlight=False)


if __name__ == "__main__":
    main()
