"""HTML of our own, written so that what came from outside cannot become any."""

from collections.abc import Iterable

from markupsafe import Markup, escape
from nicegui import ui

__all__ = ["Markup", "escape", "shown", "tag", "together"]


def tag(kind: str, /, *inside: object, **said: object) -> Markup:
    """An element; `class_` is class, `data_x` is data-x, None is left out."""
    attributes = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
        for key, value in said.items()
        if value is not None and value is not False
    )
    content = together(inside)
    opened = Markup("<{}{}>").format(Markup(kind), attributes)  # noqa: S704  (ours)
    return opened + content + Markup("</{}>").format(Markup(kind))  # noqa: S704  (ours)


def together(parts: Iterable[object]) -> Markup:
    """One after the other, escaped where they are plain text."""
    return Markup("").join(escape(part) for part in parts if part is not None)


def shown(content: Markup, classes: str = "") -> ui.html:
    """Put it on the page; it is escaped already."""
    return ui.html(content, sanitize=False).classes(classes)
