"""What the services say of a payment: its events and bookings, steps, the bank's word, webhooks."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.story.chapters import STEPS, Chapter
from apps.story.gathering import Story
from apps.story.life import clock, facts
from apps.story.wording import spell

from .markup import Markup, tag
from .receipts import badge
from .tables import table

Json = Mapping[str, Any]


def events(story: Story) -> Markup | None:
    """All that happened, with who did it, how much money, and the ledger's booking."""
    if not (story.payment and story.moments):
        return None
    roots = {each.trace: each.root for each in story.chapters}
    rows, captured, first = [], False, story.moments[0].at
    for moment in story.moments:
        told = dict(
            facts(moment, story.payment, roots.get(moment.trace), captured=captured)
        )
        sum_, ledger = told.pop("", ""), told.pop("ledger", "")
        after = moment.at - first
        rows.append([
            clock(moment.at), f"+{spell(after)}" if after else "", tag("b", moment.what),
            tag("span", sum_, class_="nowrap"),
            ", ".join(f"{name} {value}" for name, value in told.items()),
            tag("span", ledger[:8], title=ledger, class_="id") if ledger else "",
            _trace(moment.trace),
        ])  # fmt: skip
        captured = captured or moment.type == "PaymentCaptured"
    heads = ("At (UTC)", "After", "Event", "Money", "Told", "Ledger", "Trace")
    return _section("What happened, and what the ledger booked", table(heads, rows))


def steps(story: Story) -> Markup | None:
    """What was done about it later, each in a trace of its own."""
    rows = [
        [clock(each.begun), each.title, _how(each), _trace(each.trace)]
        for each in story.chapters
        if each.root and each.root.name in STEPS
    ]
    heads = ("At (UTC)", "Step", "Outcome", "Trace")
    return _section("Steps of its sagas", table(heads, rows)) if rows else None


def bank(story: Story, view: Json) -> Markup | None:
    """Every call to the bank, and what it keeps of the payment."""
    rows = [
        [clock(span.start), span.name, span.fact("url.full"),
         span.fact("http.response.status_code", "error.type") or "no answer",
         spell(span.end - span.start)]
        for each in story.chapters
        for span in each.spans
        if (span.kind == "CLIENT" and span.fact("peer.service", "server.address") == "bank")
        or (span.kind == "CLIENT" and "/authorisations" in span.fact("url.full"))
    ]  # fmt: skip
    word = view.get("bank") or {}
    said = ", ".join(f"{name} {value}" for name, value in word.items())
    if not rows and not word:
        return None
    heads = ("At (UTC)", "Call", "To", "Answer", "Took")
    told = tag("p", f"The bank keeps: {said}", class_="soft") if word else None
    return _section("The bank", table(heads, rows) if rows else None, told)


def webhooks(notifications: Sequence[Json]) -> Markup | None:
    """What the merchant was told, attempt by attempt."""
    rows = [
        [each["type"], badge(each["state"], WELL.get(each["state"], "")),
         *_attempt(attempt)]
        for each in notifications
        for attempt in each.get("attempts") or [{}]
    ]  # fmt: skip
    heads = ("Told", "State", "Attempt", "At (UTC)", "Answer", "Took", "Trace")
    return _section("Webhooks to the merchant", table(heads, rows)) if rows else None


WELL = {"delivered": "good", "dead": "bad"}


def _attempt(said: Json) -> Iterator[object]:
    took = said.get("duration_ms")
    yield said.get("attempt", "")
    yield str(said.get("at", ""))[11:23]
    yield said.get("status") or said.get("error") or "not yet"
    yield f"{took} ms" if took is not None else ""
    yield _trace(said.get("trace_id") or "")


def _how(chapter: Chapter) -> Markup:
    root = chapter.root
    took = spell(root.end - root.start) if root else ""
    said = badge("failed", "bad") if chapter.failed else badge("done", "good")
    return said + Markup(" {}").format(took)


def _trace(id_: str) -> Markup:
    return tag("a", id_[:8], href=f"#t-{id_}", class_="id") if id_ else Markup("")


def _section(title: str, *inside: Markup | None) -> Markup:
    return tag("section", tag("h2", title), *inside, class_="panel")
