"""Each of our lines leaves its service twice: what is on disk, Loki should have."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from benchmarks.books import Book
from native.evidence import LogLine
from native.paths import Instance
from tests.stack.stack import SERVICES

EDGE_S = 1.0
"""The two ways may write one instant a little differently."""

Key = tuple[str, str, str]
"""Which instance told which event of which trace."""

Told = list[tuple[float, Key]]
"""When, as Unix time, and what."""

Ahead = Mapping[str, float]
"""By how many seconds an instance's clock is ahead; the others' are right."""


def on_disk(instance: Instance, begin: float, ahead: Ahead) -> Told:
    """What the services wrote to stdout since then."""
    found = (
        line
        for service in SERVICES
        for file in sorted(instance.logs.glob(f"{service}*.log*"))
        for line in _written(file)
    )
    return [line for line in _right(found, ahead) if line[0] >= begin]


def of_services(lines: Iterable[LogLine], ahead: Ahead) -> Told:
    """The same, of what Loki has."""
    found = (
        (_said(line) / 1e9, _came(line)) for line in lines if line.service in SERVICES
    )
    return _right(found, ahead)


def only(told: Told, book: Book) -> Told:
    """Of the orders' own traces."""
    traces = {each.trace for each in book}
    return [line for line in told if line[1][2] in traces]


def more(these: Told, than: Told, begin: float, end: float) -> Counter[Key]:
    """What is more often among these: well inside, so that no edge decides."""
    inside = [key for when, key in these if begin + EDGE_S <= when <= end - EDGE_S]
    return Counter(inside) - Counter(key for _, key in than)


def _right(lines: Iterable[tuple[float, Key]], ahead: Ahead) -> Told:
    """When it was, whatever time was told."""
    return [(told - ahead.get(key[0], 0.0), key) for told, key in lines]


def _said(line: LogLine) -> int:
    """The time that was told; the collector may have set it right."""
    return int(line.facts.get("clock_told") or line.time)


def _came(line: LogLine) -> Key:
    return line.facts.get("service_instance_id", ""), line.body, line.trace


def _written(file: Path) -> Iterator[tuple[float, Key]]:
    name = file.name.partition(".")[0]
    instance = name if name[-1].isdigit() else f"{name}-1"
    for text in file.read_text(errors="replace").splitlines():
        if text.startswith('{"timestamp"'):
            line = json.loads(text)
            when = datetime.fromisoformat(line["timestamp"]).timestamp()
            yield when, (instance, line["event"], line.get("trace_id", ""))
