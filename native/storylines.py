"""What stands under a waterfall: who took the time, what failed, what was logged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from rich.text import Text

from apps.story.evidence import LogLine, Span
from apps.story.life import Moment, clock, facts
from apps.story.otlp import Json
from apps.story.waterfall import WORKING, shares
from apps.story.wording import spell, telling

from .painting import ROOMY, TOOK, colour, fitted

LONGEST_EVENT = 26

LEVELS = {
    "warn": "yellow",
    "warning": "yellow",
    "error": "bold red",
    "fatal": "bold red",
}


def share_lines(spans: list[Span], width: int) -> Iterator[Text]:
    """Who the time before the answer went to, as one bar each."""
    parts = [part for part in shares(spans) if part[1] > 0]
    total = sum(ns for _, ns in parts) or 1
    who = max((len(" of ".join(worker)) for worker, _ in parts), default=0)
    room = width - who - TOOK - 8
    for worker, ns in parts:
        hue = colour(worker[-1])
        line = Text().append(f"{' of '.join(worker):<{who}} ", hue)
        line.append(f"{spell(ns):>{TOOK}} {ns / total:>4.0%} ", "")
        yield line.append(WORKING * max(1, round(room * ns / total)), hue)


def failure_lines(spans: list[Span]) -> Iterator[Text]:
    """What failed, in full: the waterfall has room for the beginning only."""
    for span in spans:
        if span.failed:
            why = span.message or span.fact("error.type", "http.response.status_code")
            yield Text().append(f"✗ {span.service}: {span.name}: {why}", "red")


def log_lines(
    lines: list[LogLine], start: int, width: int, *, told: str = ""
) -> Iterator[Text]:
    """Time since the first span, service, level, event; its facts beside or below.

    `told` is a value that the heading has already given.
    """
    who = max((len(line.service) for line in lines), default=0)
    what = max((len(line.body) for line in lines), default=0)
    beside = width >= ROOMY and what <= LONGEST_EVENT
    for line in lines:
        text = _event(line, start, who)
        indent = 19 + who + what + 2 if beside else 12
        if not beside:
            yield text
            text = Text()
        yield from _flowing(text, _facts(line, told), indent, width)


def _event(line: LogLine, start: int, who: int) -> Text:
    style = LEVELS.get(line.level, "")
    text = Text().append(f"{(line.time - start) / 1e6:>+8.1f} ms ", "dim")
    text.append(f"{line.service:<{who}} ", colour(line.service))
    text.append(f"{line.level or '-':<5} ", style or "dim")
    return text.append(" ".join(line.body.split()), style or "bold")


def _facts(line: LogLine, told: str) -> Iterator[Text]:
    for name, value in telling(line):
        if value != told:
            yield _fact((name, _short(value)))


def _short(value: str) -> str:
    """Of a stack trace its last line, which says what was wrong."""
    lines = value.strip().splitlines()
    return value if len(lines) < 2 else f"{lines[-1]} (the last of {len(lines)} lines)"


def _flowing(
    text: Text, facts: Iterable[Text], indent: int, width: int
) -> Iterator[Text]:
    """The facts after the text from one column on, on as many lines as they take."""
    row = fitted(text, indent)
    for fact in facts:
        if row.cell_len > indent and row.cell_len + fact.cell_len > width:
            yield row
            row = Text(" " * indent)
        row.append_text(fact).append("  ")
    if row.plain.strip():
        yield row


def life_lines(
    moments: Sequence[Moment],
    payment: Json,
    roots: Mapping[str, Span | None],
    width: int,
) -> Iterator[Text]:
    """Each event: the time of day, how long after the first, what, and its facts."""
    what = max((len(moment.what) for moment in moments), default=0)
    captured = False
    for moment in moments:
        after = moment.at - moments[0].at
        text = Text().append(clock(moment.at), "dim")
        text.append(f" {f'+{spell(after)}' if after else '':>9} ", "dim")
        text.append(f"{moment.what:<{what}}", "bold")
        root = roots.get(moment.trace)
        told = facts(moment, payment, root, captured=captured)
        yield from _flowing(text, map(_fact, told), 25 + what, width)
        captured = captured or moment.type == "PaymentCaptured"


def _fact(pair: tuple[str, str]) -> Text:
    name, value = pair
    return Text().append(f"{name}=" if name else "", "dim").append(value)


def link_lines(links: Iterable[tuple[str, str]]) -> Iterator[Text]:
    for name, url in links:
        yield Text().append(f"{name:<11} ", "dim").append(url, f"link {url}")
