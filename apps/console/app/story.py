"""A payment's story under an address of its own: traces, lines, events, bank, webhooks."""

import asyncio
import re
from collections.abc import Sequence

from fastapi import Request
from nicegui import ui

from apps.story.gathering import Story

from ..ports import Ports
from ..usecases.telling import Reading, grafana_links, readings
from . import chapters, details, frame, waterfall
from .markup import Markup, shown, tag

ON_SPAN = """(e) => {
  const row = e.target.closest("[data-span]"); if (!row) return;
  document.querySelectorAll(".span.chosen").forEach((r) => r.classList.remove("chosen"));
  const own = document.querySelector(`button.span[data-span="${row.dataset.span}"]`);
  if (own) own.classList.add("chosen");
  emit(row.dataset.span);
}"""
SOME_ID = re.compile(r"[0-9a-f-]{8,36}")


def build(ports: Ports) -> None:
    """Hang the page on the app."""

    @ui.page("/story/{id_}")
    async def story(request: Request, id_: str) -> None:
        with frame.page(request, f"Story {id_[:8]}", "Stories"):
            if SOME_ID.fullmatch(id_.lower()):
                StoryPage(ports, id_.lower()).draw()
            else:
                shown(
                    tag("p", "That is no payment's id and no TraceID.", class_="silent")
                )


class StoryPage:
    """One story that is being read."""

    def __init__(self, ports: Ports, id_: str) -> None:
        self._ports = ports
        self._id = id_
        self._story: Story | None = None
        self._size: object = None
        self._chosen = ""

    def draw(self) -> None:
        self._head = shown(tag("h1", "Story") + tag("p", "Asking…", class_="soft"))
        with ui.element("div").classes("story"):
            self._chapters = shown(Markup(""), "chapters")
            self._chapters.on("click", self._look, js_handler=ON_SPAN)
            self._details = shown(Markup(""), "details panel")
        self._rest = shown(Markup(""), "rest")
        frame.soon(self._read)

    async def _read(self) -> None:
        """Draw whenever something was added, for as long as somebody looks."""
        links: list[tuple[str, str]] | None = None
        async for reading, pause in readings(self._id, self._ports):
            story = reading.told.story
            if story and links is None:
                links = await grafana_links(story.trace, self._ports)
            if self._details.is_deleted:
                return
            self._show(reading, links or [])
            await asyncio.sleep(pause)

    def _show(self, reading: Reading, links: Sequence[tuple[str, str]]) -> None:
        size = (reading.size, reading.is_coming_in, bool(links))
        if size == self._size:
            return
        is_first = self._story is None
        self._size, self._story = size, reading.told.story
        if self._story is None:
            self._head.set_content(chapters.unknown(self._id, reading))
            return
        self._head.set_content(chapters.heading(self._story, reading, links))
        self._chapters.set_content(chapters.chapters(self._story))
        self._rest.set_content(chapters.rest(self._story, reading))
        if is_first or not self._chosen:
            self._choose()

    def _choose(self) -> None:
        """What is worth a look lies open."""
        if self._story and (span := waterfall.worth_a_look(self._story.chapters)):
            self._open(f"{span.trace}/{span.id}")
        elif self._story:
            self._details.set_content(chapters.unopened(self._story))

    def _look(self, event: object) -> None:
        self._chosen = str(event.args)  # type: ignore[attr-defined]
        self._open(self._chosen)

    def _open(self, key: str) -> None:
        if self._story and (known := details.found(self._story.chapters, key)):
            self._details.set_content(details.of_span(*known))
