"""One board that is looked at: who is on the screen is asked for, a few at once, and again."""

import asyncio
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nicegui import ui

from ..domain.boards import Board
from ..domain.windows import Window, seconds
from ..ports import Ports
from ..usecases.drawing import Look, found, marks, values
from . import frame
from .choosing import FRESH, ON_BACK, ON_TOOL, TIMES, Asked, address, tools
from .draw.chart import Marks
from .draw.paint import Paint
from .markup import Markup, shown, tag
from .panels import Cell

AT_ONCE = 6
"""Panels that are asked for at the same time."""

ON_LOOKED = "(e) => emit(e.detail)"


@dataclass(eq=False, slots=True)
class Reading:
    """The board at one time, by one choice; panels come to it as they come on the screen."""

    look: Look
    marks: asyncio.Task[Marks]
    asked: set[Cell] = field(default_factory=set)


class BoardPage:
    """A board, and what its reader has chosen."""

    def __init__(
        self,
        board: Board,
        ports: Ports,
        paint: Paint,
        asked: Asked,
        *,
        is_part: bool = False,
    ) -> None:
        self._board = board
        self._is_part = is_part
        self._ports = ports
        self._asked = asked
        self._cells = [
            Cell(panel, paint, self._zoom)
            for panel in board.panels
            if panel.kind != "row"
        ]
        self._options: dict[str, list[str]] = {}
        self._seen: Sequence[Cell] = ()
        self._reading: Reading | None = None
        self._places = asyncio.Semaphore(AT_ONCE)
        self._under_way = 0
        self._next = math.inf

    def draw(self) -> None:
        links = [tag("a", title, href=url, class_="button small")
                 for title, url in self._board.links]  # fmt: skip
        shown(
            tag("h1", self._board.title)
            + tag("p", self._board.about, " ", *links, class_="soft")
        )
        self.draw_panels()

    def draw_panels(self) -> None:
        """All below the title: what is chosen, and the panels."""
        self._tools = shown(Markup(""), "tools-box")
        self._tools.on("change", self._chosen, js_handler=ON_TOOL)
        self._tools.on("click", self._back, js_handler=ON_BACK)
        cells = iter(self._cells)
        self._panels = ui.element("div").classes("board")
        self._panels.on("looked", self._looked, js_handler=ON_LOOKED)
        with self._panels:
            for panel in self._board.panels:
                where = self._board.where(panel)
                if panel.kind == "row":
                    shown(Markup(tag("span", panel.title)), "strip").style(where)
                else:
                    next(cells).place(where)
        self._say()
        frame.soon(self._open)
        frame.every(1.0, self._again)

    async def _open(self) -> None:
        """From here on the browser tells what is on the screen."""
        with self._panels:
            ui.run_javascript(f"payscope.watches('{self._panels.html_id}')")
        await self._list()

    async def _list(self) -> None:
        """What can be chosen, for a choice may narrow another."""
        look = self._look()
        for each in self._board.variables:
            self._options[each.name] = await values(each, look, self._ports)
        self._say()

    async def _again(self) -> None:
        """Auto-refresh, unless a time is looked at that is over: nothing will come."""
        fixed = self._asked.fixed
        is_over = fixed is not None and fixed.end < self._ports.now_s
        is_due = time.monotonic() > self._next and not self._under_way
        if self._asked.refresh and not is_over and is_due:
            await self._read()

    def _looked(self, event: Any) -> None:
        """What is on the screen now, or just beside it, by number."""
        seen = set(event.args)
        self._seen = [cell for at, cell in enumerate(self._cells) if at in seen]
        frame.meanwhile(self._fill() if self._reading else self._read())

    async def _read(self) -> None:
        """Anew: what is on the screen at once, all else when it comes there."""
        look = self._look()
        across = asyncio.create_task(marks(look, self._ports))
        self._reading = Reading(look, across)
        await self._fill()

    async def _fill(self) -> None:
        """In reading order, a few at once."""
        reading = self._reading
        if reading is None:
            return
        new = [cell for cell in self._seen if cell not in reading.asked]
        reading.asked.update(new)
        self._under_way += len(new)
        await asyncio.gather(*(self._show(cell, reading) for cell in new))
        self._next = time.monotonic() + seconds(self._asked.refresh or "10s")

    async def _show(self, cell: Cell, reading: Reading) -> None:
        """Whoever chose otherwise meanwhile is not shown what nobody asks any more."""
        try:
            async with self._places:
                if reading is self._reading:
                    answers = await found(cell.panel, reading.look, self._ports)
            across = await reading.marks
            if reading is self._reading:
                cell.show(answers, reading.look, across)
        finally:
            self._under_way -= 1

    def _look(self) -> Look:
        window = self._asked.fixed or Window.of(self._asked.since, self._ports.now_s)
        return Look(self._board, window, self._asked.choices)

    async def _zoom(self, start: float, end: float) -> None:
        await self._change(replace(self._asked, fixed=Window(start, end)))

    async def _back(self, _event: object) -> None:
        await self._change(replace(self._asked, fixed=None))

    async def _chosen(self, event: Any) -> None:
        said: dict[str, list[str]] = event.args
        since, refresh = said.get("from", [""])[0], said.get("refresh", [""])[0]
        choices = {
            each.name: [str(v)[:200] for v in said.get(f"var-{each.name}", [])]
            for each in self._board.variables
        }
        changed = replace(
            self._asked, refresh=refresh if refresh in FRESH else "", choices=choices
        )
        if since in TIMES:
            changed = replace(changed, since=since, fixed=None)
        await self._change(changed)
        await self._list()

    async def _change(self, asked: Asked) -> None:
        """The address follows, so that it can be shared; a part of a page has none."""
        self._asked = asked
        self._say()
        where = json.dumps(address(self._board, asked))
        if not self._is_part:
            with self._tools:
                ui.run_javascript(f"history.replaceState(null, '', {where})")
        await self._read()

    def _say(self) -> None:
        self._tools.set_content(tools(self._board, self._asked, self._options))
