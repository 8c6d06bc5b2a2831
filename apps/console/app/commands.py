"""Commands that are shown to be copied: the console itself breaks and mends nothing."""

from ..domain.drills import DRILLS, Drill
from .markup import Markup, tag
from .tables import table


def copied(command: str) -> Markup:
    """A command, and a button that copies it."""
    return tag(
        "span",
        tag("code", command),
        " ",
        tag("button", "Copy", type="button", class_="button small", data_copy=command,
            aria_label=f"Copy {command}"),
        class_="command",
    )  # fmt: skip


def drills() -> Markup:
    """What can be broken on purpose, and how it is mended."""
    rows = [
        (_name(each), copied(each.breaks), copied(each.mends), each.seen)
        for each in DRILLS
    ]
    about = tag("p", "In a shell of the project; ", tag("code", "make fault"), " alone says what is wrong by it now. "
                "Marked ones need the fault proxy: ", copied("make down; make up FAULTS=1"), class_="soft")  # fmt: skip
    heads = ("On purpose", "Breaks", "Mends", "What then")
    return (
        tag("h2", "Break it, to see what then")
        + about
        + tag("div", table(heads, rows), class_="drills")
    )


def _name(drill: Drill) -> Markup:
    mark = (
        tag("span", " *", title="needs the fault proxy") if drill.needs_proxy else None
    )
    return tag("b", drill.name, mark)
