"""What every page has: its head, the way to the others, light or dark, and its end."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path

from fastapi import Request
from nicegui import app, background_tasks, ui

from .markup import Markup, shown, tag

STATIC = Path(__file__).parents[1] / "static"
PAGES = {"Till": "/", "Stories": "/stories", "Boards": "/boards", "Live": "/live",
         "Incidents": "/incidents", "Load": "/load"}  # fmt: skip
THEME = "payscope-theme"
"""The cookie that says light or dark; the browser's own wish is asked once."""


def files() -> None:
    """Our style and script, served from here like all else."""
    app.add_static_files("/static", STATIC, max_cache_age=60)


def is_dark(request: Request) -> bool:
    return request.cookies.get(THEME) == "dark"


@contextmanager
def page(request: Request, title: str, here: str) -> Iterator[None]:
    """The frame around a page's own content."""
    dark = is_dark(request)
    ui.page_title(f"{title} · payscope")
    ui.dark_mode(value=dark)
    ui.add_head_html(_head())
    shown(_bar(here, is_dark=dark), "bar")
    with ui.element("main").classes("page").props('id="content"'):
        yield


def _head() -> str:
    stamp = max(int(file.stat().st_mtime) for file in STATIC.iterdir())
    return (
        f'<link rel="stylesheet" href="/static/console.css?{stamp}">'
        f'<script src="/static/console.js?{stamp}"></script>'
        f'<script src="/static/keys.js?{stamp}"></script>'
    )


def _bar(here: str, *, is_dark: bool) -> Markup:
    links = [
        tag("a", name, href=path, aria_current="page" if name == here else None)
        for name, path in PAGES.items()
    ]
    other = "Light" if is_dark else "Dark"
    return tag(
        "header",
        tag("a", "Skip to content", class_="skip", href="#content"),
        tag("a", "payscope", class_="brand", href="/"),
        tag("nav", *links, aria_label="Pages"),
        tag(
            "form",
            tag("input", type="search", name="id", placeholder="Payment id or TraceID",
                aria_label="Payment id or TraceID", autocomplete="off"),
            action="/stories", role="search",
        ),
        tag("button", other, type="button", class_="quiet", data_theme=other.lower()),
        tag("button", "?", type="button", class_="quiet keys-of", data_keys="yes",
            aria_label="Keyboard shortcuts", title="Keyboard shortcuts"),
    )  # fmt: skip


def soon(work: Callable[[], Awaitable[None]]) -> None:
    """Once the browser listens; not as a part of the request that made the page."""
    Context().run(ui.timer, 0.0, work, once=True)


def every(seconds: float, work: Callable[[], Awaitable[None]]) -> ui.timer:
    """Again and again, for as long as the page is looked at."""
    return Context().run(ui.timer, seconds, work)


def meanwhile(work: Awaitable[None]) -> None:
    """Beside what is being done, in a context of its own."""
    Context().run(background_tasks.create, work)
