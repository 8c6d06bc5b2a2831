"""Tables that are read: heads, rows, a place of their own to scroll in."""

from collections.abc import Iterable, Sequence

from .markup import Markup, tag


def table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[int] = ()
) -> Markup:
    """A row each; the columns of figures stand at the right."""
    body = [
        tag("tr", *(tag("td", cell, class_=_side(at, right)) for at, cell in enumerate(row)))
        for row in rows
    ]  # fmt: skip
    head = tag(
        "tr",
        *(tag("th", name, scope="col", class_=_side(at, right))
          for at, name in enumerate(heads)),
    )  # fmt: skip
    made = tag("table", tag("thead", head), tag("tbody", *body), class_="list")
    return tag("div", made, class_="scroll", tabindex="0", role="group")


def _side(at: int, right: Sequence[int]) -> str | None:
    return "right" if at in right else None
