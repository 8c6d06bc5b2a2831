"""A trace drawn for the terminal: the waterfall, line by line, and its colours."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from zlib import crc32

from rich.text import Text

from apps.story.evidence import Span
from apps.story.waterfall import ANSWERED, WAITING, WORKING, Axis, Row, tree
from apps.story.wording import detail, mark, refused, spell

PALETTE = ("cyan", "green", "magenta", "yellow", "blue", "dark_orange", "bright_cyan",
           "bright_green", "bright_magenta", "bright_blue", "bright_white")  # fmt: skip
"""No red: it is for what failed."""

SERVICES = ("gateway", "payments", "bank", "fraud", "backoffice", "notifications")
TOOK = 9
NARROWEST_BAR = 24

ROOMY = 108
"""From this width on there is room for deep branches, and facts beside their event."""


def colour(service: str) -> str:
    """The same colour for the same service, on every machine and every day."""
    if service in SERVICES:
        return PALETTE[SERVICES.index(service)]
    spare = len(PALETTE) - len(SERVICES)
    return PALETTE[len(SERVICES) + crc32(service.encode()) % spare]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A trace drawn on lines of one width: service, span, bar, duration."""

    spans: list[Span]
    width: int

    def lines(self) -> Iterator[Text]:
        rows = [self._squeezed(row) for row in tree(self.spans)]
        who = max(len("service"), *(len(span.service) for span in self.spans))
        wanted = max(len(row.branch) + 2 + len(_title(row.span)) for row in rows)
        what = min(wanted, self.width - who - TOOK - NARROWEST_BAR - 3)
        axis = Axis.of(self.spans, self.width - who - what - TOOK - 3)
        answered = rows[0].span.end
        word = "answer" if rows[0].span.kind == "SERVER" else "done"
        yield self._header(ruler(axis, answered, word), who, what)
        for row in rows:
            yield self._line(row, axis, (who, what), answered)

    def _squeezed(self, row: Row) -> Row:
        """On narrow terminals a branch takes one column instead of two."""
        return row if self.width >= ROOMY else replace(row, branch=row.branch[::2])

    def _header(self, ruled: str, who: int, what: int) -> Text:
        head = f"{'service':<{who}} {'span':<{what}} {ruled}"
        return Text(f"{head} {'took':>{TOOK}}", style="dim")

    def _line(
        self, row: Row, axis: Axis, columns: tuple[int, int], answered: int
    ) -> Text:
        span, (who, what) = row.span, columns
        hue = "bold red" if span.failed else colour(span.service)
        styles = {WORKING: hue, WAITING: f"dim {hue}", ANSWERED: "dim"}
        line = Text().append(f"{span.service:<{who}} ", colour(span.service))
        line.append_text(fitted(_name(row), what)).append(" ")
        for kind, cells in groupby(axis.bar(row, answered)):
            line.append("".join(cells), styles.get(kind, ""))
        took = f" {spell(span.end - span.start):>{TOOK}}"
        return line.append(took, "bold red" if span.failed else "")


def ruler(axis: Axis, answered: int, word: str = "answer") -> str:
    """The axis with its start, the moment of the answer, its end and cut pauses."""
    cells = [" "] * axis.width

    def write(text: str, at: int) -> None:
        at = max(0, min(at, axis.width - len(text)))
        if set(cells[max(0, at - 1) : at + len(text) + 1]) == {" "}:
            cells[at : at + len(text)] = text

    write("0", 0)
    moment = axis.cell(answered)
    answer = f"{word} {spell(answered - axis.start)}"
    write(f"{answer} {ANSWERED}", moment - len(answer) - 1)
    for at, pause in axis.pauses:
        write(f"⋯{spell(pause)}⋯", at)
    end = spell(axis.end - axis.start)
    write(end, axis.width - len(end))
    for marked in (
        f"{ANSWERED} {answer}",
        f"{ANSWERED} {answer[len(word) + 1 :]}",
        ANSWERED,
    ):
        if ANSWERED not in cells and moment + len(marked) < axis.width:
            write(marked, moment)
    return "".join(cells)


def _name(row: Row) -> Text:
    span = row.span
    name = Text().append(f"{row.branch}{mark(span)} ", "dim")
    if span.failed:
        name.append("✗ ", "bold red")
    elif refused(span):
        name.append("⊘ ", "bold yellow")
    name.append(span.name, "bold red" if span.failed else "")
    left_out = detail(span)
    return name.append(f" {left_out}", "dim") if left_out else name


def _title(span: Span) -> str:
    sign = "✗ " if span.failed or refused(span) else ""
    return f"{sign}{span.name} {detail(span)}".rstrip()


def fitted(text: Text, width: int) -> Text:
    """Exactly this wide: cut with an ellipsis, or filled up."""
    text.truncate(width, overflow="ellipsis", pad=True)
    return text
