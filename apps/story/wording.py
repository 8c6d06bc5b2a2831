"""The words and signs of a story, alike on the terminal and on the page."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from .evidence import LogLine, Span

MARKS = {"SERVER": "▸", "CLIENT": "→", "PRODUCER": "↗", "CONSUMER": "↘"}
LEGEND = (
    "▸ serves  → calls  ↗ announces  ↘ hears  · inside  ◇ database  ━ works  ─ waits"
)
REFUSALS = {"declined", "refused", "denied"}


PLUMBING = (
    "service_",
    "telemetry_",
    "severity_",
    "scope_",
    "deployment_",
    "code_",
    "detected_level",
    "observed_timestamp",
    "flags",
    "trace_",
    "span_",
    "event_",
    "process_",
    "otel_",
    "job",
    "instance",
    "exporter",
    "logger",
    "__",
)
"""What says where a line came from, and nothing of what happened."""


def spell(ns: float) -> str:
    """A duration as people say it."""
    ms = ns / 1e6
    if ms >= 7_200_000:
        return f"{ms / 3_600_000:.1f} h"
    if ms >= 120_000:
        return f"{ms / 60_000:.1f} min"
    if ms >= 1000:
        return f"{ms / 1000:.2f} s"
    return f"{ms:.1f} ms" if ms >= 1 else f"{ns / 1e3:.0f} µs"


def refused(span: Span) -> bool:
    return any(
        value in REFUSALS
        for value in span.attributes.values()
        if isinstance(value, str)
    )


def mark(span: Span) -> str:
    """The sign before its name: serves, calls, announces, hears, a database, inside."""
    is_query = bool(span.fact("db.system.name", "db.system"))
    return "◇" if is_query else MARKS.get(span.kind, "·")


def detail(span: Span) -> str:
    """What the name leaves out: where to, the status of an answer, why it failed."""
    path = urlsplit(span.fact("url.full")).path if span.kind == "CLIENT" else ""
    status = span.fact("http.response.status_code", "http.status_code")
    error = span.message or span.fact("error.type") if span.failed else ""
    return " ".join(filter(None, (path, status, error if error != status else "")))


def telling(line: LogLine) -> Iterator[tuple[str, str]]:
    """The facts of a line that say what happened."""
    for name, value in sorted(line.facts.items()):
        if value and not name.startswith(PLUMBING):
            yield name, value
