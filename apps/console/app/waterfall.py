"""A trace on the page: a row for each span, its bar on the common time line, its log lines below."""

from collections.abc import Mapping, Sequence
from zlib import crc32

from apps.story.chapters import Chapter
from apps.story.evidence import LogLine, Span
from apps.story.folding import folded
from apps.story.waterfall import Axis, Row, shares, tree
from apps.story.wording import detail, mark, refused, spell, telling

from .markup import Markup, tag

SERVICES = ("gateway", "payments", "bank", "fraud", "backoffice", "notifications")
HUES = 10
WIDTH = 200
"""Columns of the time line: half a percent each."""

MOST_ROWS = 400
FEW_FACTS = 4


def hue(service: str) -> str:
    """The same colour for the same service, every day."""
    if service in SERVICES:
        return f"s{SERVICES.index(service)}"
    return f"s{len(SERVICES) + crc32(service.encode()) % (HUES - len(SERVICES))}"


def drawn(chapter: Chapter, *, is_folded: bool) -> Markup:
    """The whole trace, as far as it is the payment's."""
    spans = folded(chapter.spans) if is_folded else chapter.spans
    rows = tree(spans)[:MOST_ROWS]
    axis = Axis.of(spans, WIDTH)
    by_span = _lines(chapter.lines, {row.span.id for row in rows})
    told = [_row(row, axis, by_span.get(row.span.id, [])) for row in rows]
    loose = [_line(line, "") for line in by_span.get("", [])]
    return tag("div", _ruler(axis), *told, *loose, class_="waterfall", role="table")


def _lines(lines: Sequence[LogLine], known: set[str]) -> Mapping[str, list[LogLine]]:
    """Each line beside the span that wrote it; "" where that one is not shown."""
    found: dict[str, list[LogLine]] = {}
    for line in lines:
        id_ = line.facts.get("span_id", "")
        found.setdefault(id_ if id_ in known else "", []).append(line)
    return found


def _ruler(axis: Axis) -> Markup:
    pauses = [
        tag("span", f"⋯ {spell(long)}", class_="pause", style=f"left:{at / 2:.1f}%")
        for at, long in _apart(axis)
    ]
    return tag(
        "div",
        tag("span", "span", class_="what soft"),
        tag(
            "span",
            tag("span", "0", class_="from"),
            *pauses,
            tag("span", spell(axis.end - axis.start), class_="to"),
            class_="track ruler soft",
        ),
        tag("span", "took", class_="took soft"),
        class_="span head",
    )


def _apart(axis: Axis) -> list[tuple[int, int]]:
    """The pauses whose words have room: away from both ends, and from one another."""
    kept: list[tuple[int, int]] = []
    for at, long in axis.pauses:
        if 0.12 * WIDTH < at < 0.76 * WIDTH and (not kept or at - kept[-1][0] > 40):
            kept.append((at, long))
    return kept


def _row(row: Row, axis: Axis, lines: Sequence[LogLine]) -> Markup:
    span, depth = row.span, len(row.branch) // 2
    fails = "failed" if span.failed else "refused" if refused(span) else ""
    left, right = axis.column(span.start) / 2, axis.column(span.end) / 2
    wide = max(0.4, right - left)
    name = tag(
        "span",
        tag("i", class_=f"dot {hue(span.service)}"),
        tag("span", span.service, class_="service"),
        tag("span", f"{mark(span)} ", class_="soft"),
        tag("b", "✗ ", class_="bad") if span.failed else None,
        tag("b", "⊘ ", class_="warn") if fails == "refused" else None,
        span.name,
        tag("span", f" {detail(span)}", class_="soft"),
        class_="what",
        style=f"--deep:{min(depth, 12)}",
    )
    bar = tag("i", class_=f"bar-of {hue(span.service)} {fails}",
              style=f"left:{min(left, 99.6):.2f}%;width:{wide:.2f}%")  # fmt: skip
    took = tag("span", spell(span.end - span.start), class_="took")
    shown = tag(
        "button", name, tag("span", bar, class_="track"), took,
        type="button", class_=f"span {fails}", data_span=f"{span.trace}/{span.id}",
    )  # fmt: skip
    below = [_line(line, f"{span.trace}/{span.id}", depth + 1) for line in lines]
    return Markup("").join([shown, *below])


def _line(line: LogLine, span: str, depth: int = 0) -> Markup:
    facts = list(telling(line))
    told = " ".join(f"{name}={value[:40]}" for name, value in facts[:FEW_FACTS])
    more = f" +{len(facts) - FEW_FACTS}" if len(facts) > FEW_FACTS else ""
    return tag(
        "div",
        tag("span", f"{line.level or '-'} ", class_=f"level {line.level}"),
        tag("b", " ".join(line.body.split())[:160]),
        tag("span", f" {told}{more}", class_="soft"),
        class_="line mono",
        data_span=span or None,
        style=f"--deep:{min(depth, 13)}",
    )


def whose_time(chapter: Chapter) -> Markup:
    """Who took the time before the answer."""
    parts = [part for part in shares(chapter.spans) if part[1] > 0]
    total = sum(ns for _, ns in parts) or 1
    rows = [
        tag(
            "tr",
            tag("td", tag("i", class_=f"dot {hue(who[-1])}"), " of ".join(who)),
            tag("td", spell(ns), class_="right"),
            tag("td", f"{ns / total:.0%}", class_="right"),
            tag("td", tag("i", class_=f"share {hue(who[-1])}",
                          style=f"width:{100 * ns / total:.1f}%"), class_="wide"),
        )
        for who, ns in parts
    ]  # fmt: skip
    return tag("table", tag("tbody", *rows), class_="list times")


def worth_a_look(chapters: Sequence[Chapter]) -> Span | None:
    """What failed, else what was refused, deepest first; else nothing."""
    spans = [span for chapter in chapters for span in chapter.spans]
    failed = [span for span in spans if span.failed]
    denied = [span for span in spans if refused(span)]
    return next(iter(failed[-1:] or denied[-1:]), None)
