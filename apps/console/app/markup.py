"""HTML of our own, written so that what came from outside cannot become any."""

from collections.abc import Iterable

from markupsafe import Markup, escape
from nicegui import ui

__all__ = ["Markup", "escape", "shown", "tag", "together"]


def tag(kind: str, /, *inside: object, **said: object) -> Markup:
    """An element; `class_` is class, `data_x` is data-x, None is left out."""
    attributes = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in said.items()
        if value is not None and value is not False
    )
    return Markup(f"<{kind}{attributes}>{together(inside)}</{kind}>")  # noqa: S704  (escaped)


def together(parts: Iterable[object]) -> Markup:
    """One after the other, escaped where they are plain text."""
    whole = "".join(escape(part) for part in parts if part is not None)
    return Markup(whole)  # noqa: S704  (escaped)


def shown(content: Markup, classes: str = "") -> ui.html:
    """Put it on the page; it is escaped already."""
    return ui.html(content, sanitize=False).classes(classes)
