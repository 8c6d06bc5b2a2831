"""Grafana's boards, drawn here from the same files: variables, time, refresh, drag to zoom."""

from fastapi import Request
from nicegui import ui

from ..ports import Ports
from . import frame
from .board import BoardPage
from .choosing import asked_of
from .draw.paint import Paint
from .markup import shown, tag


def build(ports: Ports) -> None:
    """Hang the pages on the app; a board's address is the same as in Grafana."""

    @ui.page("/boards")
    async def boards(request: Request) -> None:
        with frame.page(request, "Boards", "Boards"):
            cards = [
                tag("a", tag("b", board.title), tag("p", board.about, class_="soft"),
                    class_="panel", href=f"/d/{board.uid}")
                for board in ports.shelf.boards()
            ]  # fmt: skip
            shown(tag("h1", "Boards") + tag("div", *cards, class_="shelf"))

    @ui.page("/d/{uid}")
    async def board(request: Request, uid: str) -> None:
        found = ports.shelf.board(uid)
        with frame.page(request, found.title if found else "Board", "Boards"):
            if found is None:
                shown(tag("p", "There is no such board.", class_="silent"))
                return
            paint = Paint(is_dark=frame.is_dark(request))
            BoardPage(found, ports, paint, asked_of(request.query_params, found)).draw()
