"""Finds all that the backends know of one payment and puts it together as its story."""

import re
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import chain
from typing import Any

from .chapters import Chapter, chapter, in_order, whose
from .evidence import LogLine, Span
from .life import Moment, messages
from .sources import SLACK_NS, Sources, begun, days_ago

TRACE_ID = re.compile(r"[0-9a-f]{32}")
SOME_ID = re.compile(r"[0-9a-z-]{8,64}")


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is known of one payment, or of a request that made none."""

    chapters: list[Chapter]
    id: str = ""
    """The payment's."""
    payment: dict[str, Any] | None = None
    moments: tuple[Moment, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """The payments of a trace that is not one payment's alone."""

    @property
    def first(self) -> Chapter:
        return self.chapters[0]

    @property
    def later(self) -> list[Chapter]:
        return self.chapters[1:]

    @property
    def trace(self) -> str:
        return self.first.trace

    @property
    def root(self) -> Span | None:
        return self.first.root

    @property
    def start(self) -> int:
        spans = [span.start for span in self.first.spans]
        known = spans or [moment.at for moment in self.moments]
        return min(known or [self.first.lines[0].time])


def story_of(
    sources: Sources, hands: Executor, id_: str, *, first: bool = False
) -> Story | None:
    """The story behind a payment's id, or behind any trace that names it."""
    if not TRACE_ID.fullmatch(id_):
        return _life(sources, hands, id_, first) if SOME_ID.fullmatch(id_) else None
    spans = sources.spans(id_)
    since = spans[0].start - SLACK_NS if spans else days_ago()
    lines = sources.lines([id_], since)
    named = whose(spans, lines)
    if len(named) == 1 and (life := _life(sources, hands, named[0], first)):
        return life
    if not spans and not lines:
        return None
    return Story([chapter(id_, spans, lines)], others=tuple(named))


def _life(sources: Sources, hands: Executor, id_: str, first: bool) -> Story | None:
    """All traces of a payment, whoever remembers them."""
    asked = hands.submit(sources.payment, id_)
    history = hands.submit(sources.moments, id_)
    naming = hands.submit(sources.traces_naming, id_)
    said = [line.trace for line in sources.lines_naming(id_) if line.trace]
    payment, moments = asked.result(), tuple(history.result())
    known = [moment.trace for moment in moments]
    own = [str(payment["trace_id"])] if payment else known[:1]
    traces = list(dict.fromkeys([*own, *known, *said, *naming.result()]))
    if own and first:
        traces = own
    spans = _spans(sources, hands, traces)
    if not first:
        spans |= _spans(sources, hands, _causes(spans, id_))
    lines = _by_trace(sources.lines(spans, begun(id_)) if traces else [])
    ids = messages(id_, list(moments))
    chapters = [
        chapter(trace, spans[trace], lines.get(trace, []),
                payment_id=id_, messages=ids, moments=moments)
        for trace in spans
    ]  # fmt: skip
    chapters = [each for each in chapters if each.spans or each.lines or each.moments]
    if not chapters:
        return None
    begins = min(chapters, key=lambda each: each.begun).trace
    told = in_order(chapters, own[0] if own else begins)
    return Story(told[:1] if first else told, id_, payment, moments)


def _spans(
    sources: Sources, hands: Executor, traces: list[str]
) -> dict[str, list[Span]]:
    """The spans of each trace."""
    return dict(zip(traces, hands.map(sources.spans, traces), strict=True))


def _causes(spans: dict[str, list[Span]], id_: str) -> list[str]:
    """Traces that nobody has named yet, but a span of the payment links to.

    How a batch was kept is no part of it: what was heard is told where it was heard.
    """
    linked = (
        link.trace
        for span in chain.from_iterable(spans.values())
        if span.attributes.get("payment.id") == id_
        and "messaging.batch.message_count" not in span.attributes
        for link in span.links
    )
    return [trace for trace in dict.fromkeys(linked) if trace not in spans]


def _by_trace(lines: Iterable[LogLine]) -> dict[str, list[LogLine]]:
    found: dict[str, list[LogLine]] = {}
    for line in lines:
        found.setdefault(line.trace, []).append(line)
    return found
