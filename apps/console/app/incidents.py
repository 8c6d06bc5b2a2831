"""What an engineer on call sees first: what fires, who is silent, what is open, what waits."""

import re
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from fastapi import Request
from nicegui import ui

from ..domain.figures import said as spelt
from ..domain.incidents import Breaker, Replica, Waiting
from ..ports import Ports
from ..usecases import attending, living
from . import alarms, commands, frame, written
from .markup import Markup, shown, tag
from .places import put
from .receipts import badge
from .tables import table

FRESH_S = 5.0
Telling = Callable[[Ports], Awaitable[Markup]]


def build(ports: Ports) -> None:
    """Hang the pages on the app."""

    @ui.page("/incidents")
    async def incidents(request: Request) -> None:
        with frame.page(request, "Incidents", "Incidents"):
            draw(ports)

    @ui.page("/runbooks/{name}")
    async def runbook(request: Request, name: str) -> None:
        with frame.page(request, name, "Incidents"):
            back = tag("a", "Incidents", href="/incidents")
            if text := ports.shelf.runbook(name):
                shown(tag("p", back, " / ", name, class_="soft"))
                shown(written.html(linked(text)), "panel read written")
                return
            shown(tag("p", "There is no such runbook here. ", back, class_="silent"))


def draw(ports: Ports) -> None:
    """A line that says whether all is well, then a panel for each question."""
    shown(tag("h1", "Incidents"))
    told: dict[str, Telling] = {
        "Alerts": alarms.told,
        "What waits": _waits,
        "Replicas": _replicas,
        "Breakers": _breakers,
    }
    _place("Who answers", _answers, ports)
    with ui.element("div").classes("incidents"):
        for title, telling in told.items():
            _place(title, telling, ports)
    with ui.element("section").classes("panel"):
        shown(commands.drills())


def _place(title: str, telling: Telling, ports: Ports) -> None:
    with ui.element("section").classes("panel").props('aria-live="polite"'):
        place = shown(tag("h2", title) + tag("p", "Asking…", class_="soft"))
    frame.every(FRESH_S, partial(put, place, title, partial(telling, ports)))


def linked(text: str) -> str:
    """Other runbooks are pages here; other documents are named by their path."""
    text = re.sub(r"\]\((\w+)\.md\)", r"](/runbooks/\1)", text)
    return re.sub(r"\[([^]]+)\]\(\.\./([\w./-]+)\)", r"\1 (`docs/\2`)", text)


async def _replicas(ports: Ports) -> Markup:
    fleet = await attending.fleet(ports)
    if not fleet.replicas:
        return tag("p", "Nobody told anything within the hour.", class_="bad")
    rows = [
        (tag("b", service),
         tag("span", *map(_replica, found), _left_out(fleet.left_out.get(service, 0)),
             class_="badges"))
        for service, found in fleet.replicas.items()
    ]  # fmt: skip
    silent = [each.name for each in fleet.silent]
    said = (
        badge(f"silent: {', '.join(silent)}", "bad")
        if silent
        else badge("all tell", "good")
    )
    return tag(
        "p", said, " ", _soft("by their metrics, which come every 10 s")
    ) + table(("Service", "Replicas"), rows)


def _replica(each: Replica) -> Markup:
    ago = spelt(round(each.ago_s), "s")
    if each.is_silent:
        return badge(f"{each.name}: silent for {ago}", "bad")
    return badge(each.name, "good")


def _left_out(number: int) -> Markup | None:
    return badge(f"callers leave {number} out", "bad") if number else None


async def _breakers(ports: Ports) -> Markup:
    found = await attending.breakers(ports)
    if not found:
        return _soft("No replica told of a breaker yet.")
    rows = [(tag("b", each.name), each.replica, _state(each)) for each in found]
    held = tag("p", "Held by hand: ", tag("code", "PUT /api/v1/ops/breakers/{name}"),
               ", with a token of ", tag("code", "make token client=ops"), class_="soft")  # fmt: skip
    return table(("Guards calls to", "In replica", "State"), rows) + held


def _state(each: Breaker) -> Markup:
    return badge(each.word, each.hue)


async def _waits(ports: Ports) -> Markup:
    found = await attending.waiting(ports)
    holds = await _dead_letters(ports)
    late = sum(each.is_bad for each in found)
    said = badge(f"{late} wait for somebody" if late else "nothing waits too long",
                 "bad" if late else "good")  # fmt: skip
    if not found:
        return tag("p", said) + holds
    heads = ("What", "How many", "Oldest")
    rows = [_wait(each) for each in found]
    return tag("p", said) + table(heads, rows, right=(1, 2)) + holds


def _wait(each: Waiting) -> Sequence[object]:
    what = each.what
    help_ = tag("a", f"Runbook {what.runbook}", href=f"/runbooks/{what.runbook}")
    return (
        tag("div", tag("b", what.name, class_="bad" if each.is_bad else None), " ", _soft(each.whose))
        + (tag("div", help_, " ", commands.copied(what.command) if what.command else None)
           if each.is_bad else Markup("")),
        "" if each.depth is None else f"{each.depth:g}",
        tag("span", "" if each.oldest_s is None else spelt(each.oldest_s, "s"), class_="nowrap"),
    )  # fmt: skip


async def _dead_letters(ports: Ports) -> Markup:
    """As NATS counts them now; it may be the one who is away."""
    held = await living.dead_letters(ports)
    if held is None:
        return tag(
            "p", "NATS does not say how many dead letters it holds.", class_="silent"
        )
    said = f"{held:,} dead letters in NATS" if held else "No dead letters in NATS"
    return tag("p", said, class_="bad" if held else "soft")


async def _answers(ports: Ports) -> Markup:
    found = await attending.answering(ports)
    told = [
        badge(name if is_there else f"{name}: silent", "good" if is_there else "bad")
        for name, is_there in found.items()
    ]
    helps = tag(
        "p",
        commands.copied("make status"),
        " ",
        _soft("says of each process why"),
        class_="row",
    )
    away = not all(found.values())
    return tag("p", *told, class_="badges") + (helps if away else Markup(""))


def _soft(said: str) -> Markup:
    return tag("span", said, class_="soft")
