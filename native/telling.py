"""The order in which a story is printed."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from apps.story.chapters import Chapter
from apps.story.evidence import Span, orphans
from apps.story.folding import folded
from apps.story.gathering import Story
from apps.story.wording import LEGEND, spell

from .heading import answer_lines
from .painting import Waterfall
from .storylines import failure_lines, life_lines, link_lines, log_lines, share_lines

NARROW, WIDE = 80, 160

MOST_ROWS = 200
"""Nobody reads more of one trace on a terminal."""

MOST_LINES = 100
"""Nor more log lines."""


def tell(story: Story, console: Console) -> None:
    """Print the story, as wide as the terminal but readable."""
    width = max(NARROW, min(console.width, WIDE))
    for line in _sections(story, width - 2):
        if isinstance(line, Rule):
            console.print(line, width=width)
        else:
            console.print(Text(" ").append_text(line), soft_wrap=True)


def _sections(story: Story, width: int) -> Iterator[Text | Rule]:
    yield from answer_lines(story, width)
    if story.payment and story.moments:
        title = f"What happened ({len(story.moments)} events, times in UTC)"
        roots = {each.trace: each.root for each in story.chapters}
        life = life_lines(story.moments, story.payment, roots, width)
        yield from _headed(title, life)
    yield from _first(story, width)
    for chapter in story.later:
        yield from _later(chapter, story, width)
    yield from _headed("Look further", link_lines(story.links))


def _first(story: Story, width: int) -> Iterator[Text | Rule]:
    """The payment's own trace, whole."""
    whole = story.first.spans
    spans = (folded(whole) if story.others else whole)[:MOST_ROWS]
    if spans:
        yield from _headed(_measure(story.first.spans), Waterfall(spans, width).lines())
        yield from _more(len(whole) - len(spans), "more spans")
        yield Text().append(LEGEND, "dim")
        yield from failure_lines(spans)
        yield from _missing(story.first.spans)
        shares = share_lines(spans, width)
        yield from _headed("Where the time before the answer went", shares)
    else:
        yield from _headed("Tempo has no span of it", [])
    lines = story.first.lines
    title = f"What the services said ({len(lines)} log lines)"
    said = log_lines(lines[:MOST_LINES], story.start, width, told=story.id)
    yield from _headed(title, said)
    yield from _more(len(lines) - MOST_LINES, "more log lines")


def _later(chapter: Chapter, story: Story, width: int) -> Iterator[Text | Rule]:
    """What came of the payment afterwards: shorter, and only what is its own."""
    if chapter.skipped:
        yield Text()
        yield Text().append(
            f"… {chapter.skipped} more like the one above and the next one", "dim"
        )
    after = spell(max(0, chapter.begun - story.start))
    sign = "✗ " if chapter.failed else ""
    yield from _headed(f"Later: +{after} {sign}{chapter.title}", _origin(chapter))
    if spans := folded(chapter.spans)[:MOST_ROWS]:
        yield from Waterfall(spans, width).lines()
        yield from _more(
            chapter.left_out, "spans of this trace that are not this payment's"
        )
        yield from failure_lines(spans)
        yield from _missing(spans)
    start = chapter.spans[0].start if chapter.spans else chapter.begun
    yield from log_lines(chapter.lines[:MOST_LINES], start, width, told=story.id)
    yield from _more(len(chapter.lines) - MOST_LINES, "more log lines")


def _origin(chapter: Chapter) -> Iterator[Text]:
    """Its TraceID, and the trace that it names as its cause."""
    text = Text().append("TraceID ", "dim").append(chapter.trace, "bold")
    if causes := dict.fromkeys(link.trace for link in chapter.came_of):
        text.append(f"  came of {', '.join(cause[:8] for cause in causes)}…", "dim")
    yield text
    if chapter.spans:
        yield Text().append(_measure(chapter.spans).removeprefix("Trace: "), "dim")


def _more(count: int, what: str) -> Iterator[Text]:
    if count > 0:
        yield Text().append(f"… and {count} {what}", "dim")


def _headed(title: str, lines: Iterable[Text]) -> Iterator[Text | Rule]:
    yield Text()
    yield Rule(Text(title, style="bold"), align="left", style="dim")
    yield from lines


def _measure(spans: list[Span]) -> str:
    services = {span.service for span in spans}
    whole = max(span.end for span in spans) - min(span.start for span in spans)
    who = "1 service" if len(services) == 1 else f"{len(services)} services"
    return f"Trace: {len(spans)} spans of {who}, {spell(whole)}"


def _missing(spans: list[Span]) -> Iterator[Text]:
    if lost := len(orphans(spans)):
        text = f"{lost} span(s) name a parent that has not come (?): shown at the left."
        yield Text().append(text, "yellow")
