"""A story's parts on the page: verdict and sentences, traces, and what the services say."""

from collections.abc import Sequence

from apps.story.chapters import Chapter
from apps.story.gathering import Story
from apps.story.life import spelt
from apps.story.sentences import sentence, since
from apps.story.wording import LEGEND, spell

from ..usecases.telling import Reading
from . import happenings, waterfall
from .markup import Markup, tag
from .receipts import CODES, badge, trace


def heading(story: Story, reading: Reading, links: Sequence[tuple[str, str]]) -> Markup:
    """The verdict, two sentences, and the ids."""
    payment = story.payment
    title = f"Payment {story.id}" if story.id else f"Request {story.trace}"
    verdict = Markup("")
    if payment:
        card = payment["card"]
        money = spelt(payment["amount"], payment["currency"])
        codes = " · ".join(str(payment.get(c)) for c in CODES if payment.get(c))
        verdict = tag(
            "p", badge(payment["status"]), " ", tag("b", money),
            f" · {card['brand']} •••• {card['last4']} · {payment['merchant_id']} ",
            tag("span", codes, class_="soft"), class_="verdict",
        )  # fmt: skip
    others = [tag("a", name, href=url, class_="button small", target="_blank",
                  rel="noopener") for name, url in links]  # fmt: skip
    return Markup("").join([
        tag("h1", title), verdict,
        tag("p", f"{sentence(story)} {since(story)}"),
        *(tag("p", who, class_="silent", role="status") for who in reading.told.missing),
        tag("p", trace(story.trace), " ",
            tag("button", "Copy payment id", type="button", class_="button small",
                data_copy=story.id) if story.id else None, " ",
            tag("button", "Copy link", type="button", class_="button small",
                data_copy_link="yes"), " ", *others, class_="row"),
        _others(story),
        tag("p", "More is still coming in…" if reading.is_coming_in else "",
            class_="soft coming", role="status"),
    ])  # fmt: skip


def _others(story: Story) -> Markup:
    """A trace asked for by its id may be many payments'."""
    links = [tag("a", id_, href=f"/story/{id_}", class_="id") for id_ in story.others]
    if not links:
        return Markup("")
    said = f"It concerns {len(links)} payments: "
    return tag("p", said, *(m for link in links[:5] for m in (link, " ")))


def chapters(story: Story) -> Markup:
    """Every trace, the payment's own first."""
    parts = [_chapter(each, is_first=each is story.first) for each in story.chapters]
    legend = LEGEND.partition("  ━")[0]
    return tag("p", f"{legend}  ✗ failed  ⊘ refused", class_="soft legend") + Markup(
        ""
    ).join(parts)


def _chapter(chapter: Chapter, *, is_first: bool) -> Markup:
    spans = chapter.spans
    services = len({span.service for span in spans})
    took = (
        spell(max(s.end for s in spans) - min(s.start for s in spans)) if spans else ""
    )
    said = f"{len(spans)} spans of {services} services, {took}" if spans else "no spans"
    if chapter.left_out:
        said += f"; {chapter.left_out} more are other payments'"
    if chapter.skipped:
        said += f"; {chapter.skipped} alike before it"
    return tag(
        "section",
        tag("h2", "✗ " if chapter.failed else "", chapter.title, " ",
            tag("span", said, class_="soft"), " ",
            tag("a", chapter.trace[:8], href=f"/story/{chapter.trace}", class_="id")),
        waterfall.drawn(chapter, is_folded=not is_first) if spans else None,
        class_="panel chapter", id=f"t-{chapter.trace}",
    )  # fmt: skip


def unopened(story: Story) -> Markup:
    """Before a span is chosen: where the time went."""
    return Markup("").join([
        tag("h2", "Where the time went"),
        waterfall.whose_time(story.first) if story.first.spans else Markup(""),
        tag("p", "Click a span to see its attributes, what it met and what it wrote.",
            class_="soft"),
    ])  # fmt: skip


def rest(story: Story, reading: Reading) -> Markup:
    """What the services say, below what the telemetry says."""
    parts = (
        happenings.events(story),
        happenings.bank(story, reading.told.view),
        happenings.steps(story),
        happenings.webhooks(reading.notifications),
    )
    return Markup("").join(part for part in parts if part)


def unknown(id_: str, reading: Reading) -> Markup:
    """Nobody knows it, or those who might are silent."""
    waits = reading.is_coming_in
    said = "Looking for it…" if waits else "Nothing is known of it: no trace, no line."
    missing = [tag("p", who, class_="silent") for who in reading.told.missing]
    return tag("h1", f"Story {id_}") + Markup("").join(missing) + tag("p", said)
