"""Load, and what it does: a run is begun, watched and ended beside the services' own figures."""

from functools import partial

from fastapi import Request
from nicegui import ui

from apps.story.wording import spell

from ..domain.boards import first_row
from ..domain.loads import MOST_MINUTES, MOST_USERS, SHAPES, Load, Standing
from ..domain.silence import Silent
from ..ports import Ports
from . import frame
from .board import BoardPage
from .choosing import asked_of
from .commands import copied
from .draw.paint import Paint
from .markup import Markup, shown, tag
from .receipts import badge

FRESH_S = 2.0
BOARD = "payscope-load"
ON_WISH = """(e) => {
  const form = e.target.closest(".form"); const told = {};
  for (const field of form.querySelectorAll("[name]")) told[field.name] = field.value;
  emit(told);
}"""
ON_MOVE = """(e) => { const b = e.target.closest("[data-load]"); if (b) emit(b.dataset.load); }"""
HUES = {"running": "good", "spawning": "good", "stopping": "warn", "cleanup": "warn"}


def build(ports: Ports) -> None:
    """Hang the page on the app."""

    @ui.page("/load")
    async def load(request: Request) -> None:
        board = ports.shelf.board(BOARD)
        with frame.page(request, "Load", "Load"):
            LoadPage(ports).draw()
            if board is None:
                return
            more = tag("a", "all of its board", href=f"/d/{BOARD}")
            shown(tag("h2", "What Locust saw, beside what the services saw ",
                      tag("span", more, class_="soft")))  # fmt: skip
            paint = Paint(is_dark=frame.is_dark(request))
            asked = asked_of(request.query_params, board)
            BoardPage(first_row(board), ports, paint, asked, is_part=True).draw_panels()


class LoadPage:
    """What one visitor wishes, and how Locust stands."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._wish = Load()
        self._wrong = ""

    def draw(self) -> None:
        shown(tag("h1", "Load"))
        with ui.element("div").classes("two"):
            with ui.element("section").classes("panel"):
                wish = shown(form(self._wish))
                wish.on("change", self._wished, js_handler=ON_WISH)
            with ui.element("section").classes("panel").props('aria-live="polite"'):
                self._place = shown(tag("p", "Asking Locust…", class_="soft"))
                self._place.on("click", self._moved, js_handler=ON_MOVE)
        frame.every(FRESH_S, self._read)

    async def _read(self) -> None:
        try:
            content = standing(await self._ports.locust.standing(), self._wish)
        except Silent as silence:
            content = away(silence, self._wish)
        wrong = tag("p", self._wrong, class_="silent", role="alert")
        content = (wrong if self._wrong else Markup("")) + content
        if self._place.content != content:
            self._place.set_content(content)

    async def _wished(self, event: object) -> None:
        asked = Load.of(event.args)  # type: ignore[attr-defined]
        self._wrong = "" if asked else (
            f"Users are 1 to {MOST_USERS}, minutes 1 to {MOST_MINUTES}."
        )  # fmt: skip
        self._wish = asked or self._wish
        await self._read()

    async def _moved(self, event: object) -> None:
        """Start or stop; why not is said."""
        starts = event.args == "start"  # type: ignore[attr-defined]
        locust = self._ports.locust
        work = partial(locust.begin, self._wish) if starts else locust.end
        try:
            await work()
            self._wrong = ""
        except Silent as silence:
            self._wrong = str(silence)
        await self._read()


def form(wish: Load) -> Markup:
    """Shape, users, minutes."""
    shapes = [
        tag("option", name, value=name, selected="selected" if name == wish.shape else None)
        for name in SHAPES
    ]  # fmt: skip
    return tag("h2", "A run") + tag(
        "div",
        tag("label", "Shape", tag("select", *shapes, name="shape"), class_="field"),
        _number(
            "Users at the peak (open: visits a second)", "users", wish.users, MOST_USERS
        ),
        _number("Minutes", "minutes", wish.minutes, MOST_MINUTES),
        class_="form",
    )


def _number(title: str, name: str, value: int, most: int) -> Markup:
    field = tag("input", type="number", name=name, value=value, min=1, max=most)
    return tag("label", title, field, class_="field")


def away(silence: Silent, wish: Load) -> Markup:
    """Nobody to be asked: the command that makes such a load."""
    return (
        tag("h2", "Locust is not up")
        + tag("p", f"{silence} In a shell of the project this makes the load, "
                   "and can be stopped from here:")
        + tag("p", copied(wish.command))
        + tag("p", tag("b", wish.shape), f": {SHAPES[wish.shape]}.")
        + tag("p", "It ends in a report, written beside what it asked and heard. With Docker, ",
              copied("docker compose --profile load up -d"), " has Locust wait to be started from here.",
              class_="soft")
    )  # fmt: skip


def standing(now: Standing, wish: Load) -> Markup:
    """How it stands, and what can be done."""
    figures = {
        "Users": f"{now.users}",
        "Requests a second": f"{now.rate:.1f}",
        "Failed": f"{now.failing:.1%}",
        "Half waited less than": _spelt(now.half_s),
        "95 of 100 waited less than": _spelt(now.most_s),
    }
    told = [
        tag("div", tag("span", name, class_="soft"), tag("b", value), class_="figure")
        for name, value in figures.items()
    ]
    move = Markup("")
    if now.is_under_way:
        move = _button("Stop the run", "stop")
    elif now.can_start:
        move = _button(f"Start {wish.users} users for {wish.minutes} min", "start")
    about = (
        "" if now.is_under_way else
        "This Locust is steady and plays the mixed scenario; for the shape, and a report: "
    )  # fmt: skip
    return (
        tag("h2", "Locust ", badge(now.state, HUES.get(now.state, "soft")))
        + tag("div", *told, class_="figures")
        + tag("p", move, class_="row")
        + (
            tag("p", about, copied(wish.command), class_="soft")
            if about
            else Markup("")
        )
    )


def _button(said: str, what: str) -> Markup:
    return tag("button", said, type="button", class_="button main", data_load=what)


def _spelt(seconds: float | None) -> str:
    return "none yet" if seconds is None else spell(seconds * 1e9)
