"""Which stories there are: by merchant, time and verdict, the slowest, the failing."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from apps.story.life import clock
from apps.story.wording import spell

from ..domain.finds import WHICH, Find, Wish
from ..domain.silence import Silent
from ..ports import Ports
from ..usecases import finding
from . import frame
from .markup import Markup, shown, tag
from .receipts import badge, silent

MERCHANTS = {"": "All", "M-01": "M-01", "M-02": "M-02", "M-00": "M-00 (probe)"}
TIMES = {"5m": "5 minutes", "15m": "15 minutes", "1h": "1 hour", "6h": "6 hours",
         "24h": "24 hours"}  # fmt: skip


def build(ports: Ports) -> None:
    """Hang the page on the app."""

    @ui.page("/stories")
    async def stories(request: Request) -> RedirectResponse | None:
        asked = request.query_params
        if id_ := "".join(c for c in asked.get("id", "") if c.isalnum() or c == "-"):
            return RedirectResponse(f"/story/{id_}")
        wish = wished(asked)
        with frame.page(request, "Stories", "Stories"):
            shown(tag("h1", "Stories") + form(wish))
            table = shown(tag("p", "Asking Tempo…", class_="soft"), "panel")

        async def search() -> None:
            table.set_content(await _found(wish, ports))

        frame.soon(search)
        return None


def wished(asked: Mapping[str, str]) -> Wish:
    """The address says what is looked for; nonsense says nothing."""
    which, merchant = asked.get("which", "all"), asked.get("merchant", "")
    since, over = asked.get("since", "15m"), asked.get("over", "")
    return Wish(
        which if which in WHICH else "all",
        merchant if merchant in MERCHANTS else "",
        since if since in TIMES else "15m",
        int(over) if over.isdecimal() and len(over) < 7 else 0,
    )


async def _found(wish: Wish, ports: Ports) -> Markup:
    try:
        return listed(await finding.found(wish, ports), wish)
    except Silent as silence:
        return silent(silence)


def form(wish: Wish) -> Markup:
    """It is a plain form: the address can be shared."""
    tabs = [
        tag("a", said, href=f"/stories?{urlencode(_asked(wish) | {'which': key})}",
            class_="button chosen" if key == wish.which else "button",
            aria_current="true" if key == wish.which else None)
        for key, said in WHICH.items()
    ]  # fmt: skip
    return tag(
        "form",
        tag("input", type="hidden", name="which", value=wish.which),
        tag("div", *tabs, class_="row"),
        tag(
            "div",
            _choice("Merchant", "merchant", MERCHANTS, wish.merchant),
            _choice("Within", "since", TIMES, wish.since),
            tag("label", "Longer than, ms", tag("input", name="over", inputmode="numeric",
                value=wish.over_ms or ""), class_="field"),
            tag("button", "Search", class_="button main"),
            class_="row",
        ),
        tag("p", tag("span", "TraceQL ", class_="soft"), tag("code", wish.query)),
        action="/stories", class_="search",
    )  # fmt: skip


def _asked(wish: Wish) -> dict[str, str]:
    over = str(wish.over_ms or "")
    return {"merchant": wish.merchant, "since": wish.since, "over": over}


def _choice(title: str, name: str, options: Mapping[str, str], chosen: str) -> Markup:
    made = [
        tag("option", said, value=key, selected="selected" if key == chosen else None)
        for key, said in options.items()
    ]
    return tag("label", title, tag("select", *made, name=name), class_="field")


def listed(finds: Sequence[Find], wish: Wish) -> Markup:
    """One row each; a click opens the story."""
    if not finds:
        return tag("p", "No such trace in this time. Choose a longer one, or pay at the "
                   "till.", class_="soft")  # fmt: skip
    heads = ("At (UTC)", "Took", "Began with", "Verdict", "Merchant", "Story")
    rows = [
        tag("tr", *(tag("td", cell, class_="right" if at == 1 else None)
                    for at, cell in enumerate(_cells(find))))
        for find in finds
    ]  # fmt: skip
    head = tag(
        "tr",
        *(tag("th", name, scope="col", class_="right" if name == "Took" else None)
          for name in heads),
    )  # fmt: skip
    table = tag("table", tag("thead", head), tag("tbody", *rows), class_="list")
    traces = "trace" if len(finds) == 1 else "traces"
    order = "slowest" if wish.which == "slow" else "newest"
    return tag("p", f"{len(finds)} {traces}, {order} first", class_="soft") + tag(
        "div", table, class_="scroll"
    )


def _cells(find: Find) -> list[object]:
    verdict = find.facts.get("payment.verdict", "")
    name = f"{find.service} {find.name}".replace("<root span not yet received>", "…")
    id_ = find.facts.get("payment.id") or find.trace
    return [
        tag("a", clock(find.start), href=f"/story/{find.trace}", tabindex="-1"), spell(find.ms * 1e6), name,
        badge(verdict) if verdict else "", find.facts.get("merchant.id", ""),
        tag("a", id_, href=f"/story/{find.trace}", class_="id"),
    ]  # fmt: skip
