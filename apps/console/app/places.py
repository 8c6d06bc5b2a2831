"""A place on a page that is filled again and again, each for itself."""

from collections.abc import Awaitable, Callable

from nicegui import ui

from ..domain.silence import Silent
from .markup import Markup, tag
from .receipts import silent


async def put(
    place: ui.html, title: str, told: Callable[[], Awaitable[Markup]]
) -> None:
    """What was told, or who is silent, in its own place."""
    try:
        content = await told()
    except Silent as silence:
        content = silent(silence)
    whole = (tag("h2", title) if title else Markup("")) + content
    if place.content != whole:
        place.set_content(whole)
