"""What the backends keep of a payment, as the stack's own commands read it."""

from apps.story.evidence import (
    Link,
    LogLine,
    Sample,
    Span,
    exemplars_of,
    lines_of,
    orphans,
    roots,
    samples_of,
    spans_of,
    whole,
)

__all__ = [
    "Link",
    "LogLine",
    "Sample",
    "Span",
    "exemplars_of",
    "lines_of",
    "orphans",
    "roots",
    "samples_of",
    "spans_of",
    "whole",
]
