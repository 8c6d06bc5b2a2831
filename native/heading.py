"""A story's first lines: what the payment is now, and how it came to that in two sentences."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from rich.rule import Rule
from rich.text import Text

from apps.story.gathering import Story
from apps.story.life import spelt
from apps.story.sentences import money, sentence, since

UNPAID = {"received", "pending", "declined", "voided"}


def answer_lines(story: Story, width: int) -> Iterator[Text | Rule]:
    payment = story.payment
    title = f"Payment {story.id}" if story.id else f"Request {story.trace}"
    yield Rule(Text(title, style="bold"), align="left", characters="━", style="none")
    if payment:
        yield _verdict(payment)
        yield from _moved(payment)
    told = f"{sentence(story)} {since(story)}".replace(" ms", "\u00a0ms")
    yield from (Text(line) for line in wrap(told, width))
    yield Text().append("TraceID ", "dim").append(story.trace, "bold")
    for who in (*story.missing, *_shared(story)):
        yield from (Text(line, "yellow") for line in wrap(who, width))


def _verdict(payment: dict[str, Any]) -> Text:
    hue = "yellow" if payment["status"] in UNPAID else "green"
    card = payment["card"]
    codes = ("response_code", "network_code", "processing_mode")
    status = payment["status"].upper().replace("_", " ")
    text = Text().append(f" {status} ", f"bold black on {hue}")
    text.append(f"  {money(payment)} · {card['brand']} •••• {card['last4']}", "bold")
    return text.append("  " + " · ".join(str(payment[code]) for code in codes), "dim")


def _moved(payment: dict[str, Any]) -> Iterator[Text]:
    """What of its money has moved so far."""
    told = [
        f"{name} {spelt(cents, payment['currency'])}"
        for name in ("captured", "refunded")
        if (cents := payment.get(name))
    ]
    if told:
        yield Text(" · ".join(told), "dim")


def _shared(story: Story) -> Iterator[str]:
    """A trace asked for by its id may be many payments'."""
    if story.others:
        some = ", ".join(story.others[:3])
        yield (
            f"It concerns {len(story.others)} payments: ask for one by its id ({some}…)."
        )
