"""Several things under way at once: a live table on a terminal, plain lines elsewhere."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

QUIET_S = 20.0
"""In plain lines a long step is told again after so long."""


class Row:
    """One line: what it is about, how far it is, since when."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self.begun: float | None = None
        self.ended: float | None = None
        self.sign: Text | Spinner = Spinner("dots", style="cyan")
        self.told = 0.0

    @property
    def elapsed(self) -> float:
        return (self.ended or time.monotonic()) - (self.begun or time.monotonic())

    def line(self) -> str:
        return f"{self.name:<14} {self.text}  ({self.elapsed:.0f} s)"


class Board:
    """Rows by name; what is said of one replaces what was said before."""

    def __init__(self, console: Console, title: str) -> None:
        self._console = console
        self._title = title
        self._rows: dict[str, Row] = {}
        self._live = Live(
            console=console, get_renderable=self._table, refresh_per_second=8
        )

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        else:
            self._console.print(self._title)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def announce(self, name: str, text: str) -> None:
        """Its turn is yet to come; time does not run."""
        self._row(name, text)

    def begin(self, name: str, text: str) -> None:
        """Time runs; plain lines tell of it when there is more to say."""
        self._row(name, text).begun = time.monotonic()

    def say(self, name: str, step: str, detail: str = "") -> None:
        """A step begins or goes on; only its detail changes quietly."""
        row = self._row(name, step)
        row.begun = row.begun or time.monotonic()
        was, row.text = row.text, f"{step} {detail}".strip()
        changed = row.told == 0.0 or not was.startswith(step)
        self._plain(row, at_once=changed)

    def done(self, name: str, text: str) -> None:
        self._end(name, text, Text("✔", style="bold green"))

    def failed(self, name: str, text: str) -> None:
        self._end(name, text, Text("✘", style="bold red"))

    def _end(self, name: str, text: str, sign: Text) -> None:
        row = self._row(name, text)
        row.text, row.sign, row.ended = text, sign, time.monotonic()
        self._plain(row, at_once=True)

    def _row(self, name: str, text: str) -> Row:
        return self._rows.setdefault(name, Row(name, text))

    def _plain(self, row: Row, *, at_once: bool) -> None:
        now = time.monotonic()
        if self._console.is_terminal or not (at_once or now - row.told > QUIET_S):
            return
        row.told = now
        self._console.print(f"  {row.line()}", markup=False, highlight=False)

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        table.title, table.title_justify = self._title, "left"
        for row in self._rows.values():
            elapsed = Text(f"{row.elapsed:.0f} s", style="dim")
            table.add_row(row.sign, Text(row.name, style="bold"), row.text, elapsed)
        return table
