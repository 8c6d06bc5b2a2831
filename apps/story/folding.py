"""Queries in a row, told as one: where a trace is one of many, they tell little."""

from dataclasses import replace
from itertools import groupby

from .evidence import Span

FEW_QUERIES = 3
"""Fewer queries in a row than this stand each on a line of its own."""


def folded(spans: list[Span]) -> list[Span]:
    """The same spans, with queries in a row under one parent as one span."""
    parents = {span.parent for span in spans}
    ordered = sorted(spans, key=lambda span: (span.parent, span.start))
    told: list[Span] = []
    for (_, is_query), group in groupby(
        ordered, key=lambda span: (span.parent, _is_quiet(span, parents))
    ):
        run = list(group)
        if is_query and len(run) >= FEW_QUERIES:
            name = f"{len(run)} queries: {run[0].name} … {run[-1].name}"
            end = max(span.end for span in run)
            run = [replace(run[0], name=name, end=end)]
        told += run
    return sorted(told, key=lambda span: (span.start, -span.end))


def _is_quiet(span: Span, parents: set[str]) -> bool:
    is_query = bool(span.fact("db.system.name"))
    return is_query and not span.failed and span.id not in parents
