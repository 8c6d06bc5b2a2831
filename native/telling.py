"""The order in which a story is printed, and what happened in one sentence."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

from .evidence import Span, orphans
from .findings import Story
from .painting import LEGEND, Waterfall, spell
from .storylines import failure_lines, link_lines, log_lines, share_lines

NARROW, WIDE = 80, 160

WHY = {
    "floor_limit": "The shop accepted {money} alone: that is within its floor limit",
    "bank": "The shop asked the bank, which authorised {money}",
    "delegation": "The bank was silent, and the shop accepted {money} by delegation",
    "AUTHORIZATION_DENIED": "The shop asked the bank, which refused {money}",
    "AMOUNT_EXCEEDED": "The bank was silent, and {money} is more than the shop may "
    "accept without it",
    "INACTIVE_POS": "{money} was declined: the till is unknown or not in use",
    "INVALID_CARD_NUMBER": "{money} was declined: that is no card number",
    "UNKNOWN_CARD_TYPE": "{money} was declined: no brand has such a card",
}


def tell(story: Story, console: Console) -> None:
    """Print the story, as wide as the terminal but readable."""
    width = max(NARROW, min(console.width, WIDE))
    for line in _sections(story, width - 2):
        if isinstance(line, Rule):
            console.print(line, width=width)
        else:
            console.print(Text(" ").append_text(line), soft_wrap=True)


def _sections(story: Story, width: int) -> Iterator[Text | Rule]:
    yield from _answer(story, width)
    if story.spans:
        yield from _headed(_measure(story.spans), Waterfall(story.spans, width).lines())
        yield Text().append(LEGEND, "dim")
        yield from failure_lines(story.spans)
        yield from _missing(story.spans)
        shares = share_lines(story.spans, width)
        yield from _headed("Where the time before the answer went", shares)
    else:
        yield from _headed("Tempo has no span of it", [])
    title = f"What the services said ({len(story.lines)} log lines)"
    known = story.payment["payment_id"] if story.payment else ""
    said = log_lines(story.lines, story.start, width, told=known)
    yield from _headed(title, said)
    yield from _headed("Look further", link_lines(story.links))


def _headed(title: str, lines: Iterable[Text]) -> Iterator[Text | Rule]:
    yield Text()
    yield Rule(Text(title, style="bold"), align="left", style="dim")
    yield from lines


def _answer(story: Story, width: int) -> Iterator[Text | Rule]:
    payment = story.payment
    title = f"Payment {payment['payment_id']}" if payment else f"Request {story.trace}"
    yield Rule(Text(title, style="bold"), align="left", characters="━", style="none")
    if payment:
        yield _verdict(payment)
    yield from (
        Text(line) for line in wrap(sentence(story).replace(" ms", "\u00a0ms"), width)
    )
    yield Text().append("TraceID ", "dim").append(story.trace, "bold")


def _verdict(payment: dict[str, Any]) -> Text:
    hue = "green" if payment["status"] == "authorised" else "yellow"
    card = payment["card"]
    codes = ("response_code", "network_code", "processing_mode")
    text = Text().append(f" {payment['status'].upper()} ", f"bold black on {hue}")
    text.append(f"  {_money(payment)} · {card['brand']} •••• {card['last4']}", "bold")
    return text.append("  " + " · ".join(payment[code] for code in codes), "dim")


def sentence(story: Story) -> str:
    """What happened, as one would tell a colleague."""
    root = story.root
    took = f" in {spell(root.end - root.start)}" if root else ""
    if not story.payment:
        if root is None:
            return "Only its log lines are known."
        status = root.fact("http.response.status_code") or root.status
        return f"{root.service} answered {status} to {root.name}{took}."
    return f"{_why(story.payment)}. The answer came{took}{_heard(story)}."


def _why(payment: dict[str, Any]) -> str:
    source = (payment.get("authorisation") or {}).get("source")
    code = str(payment["response_code"])
    why = WHY.get(str(source) if payment["status"] == "authorised" else code)
    plain = f"The payment of {{money}} was {payment['status']} ({code})"
    return (why or plain).format(money=_money(payment))


def _heard(story: Story) -> str:
    """Who was told by message, and when the last of them was done."""
    hearers = [span for span in story.spans if span.kind == "CONSUMER"]
    if not hearers:
        return ""
    names = sorted({span.service for span in hearers})
    told = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    last = max(span.end for span in hearers) - story.start
    return f"; {told} had heard of it after {spell(last)}"


def _money(payment: dict[str, Any]) -> str:
    return f"{payment['amount'] / 100:,.2f} {payment['currency']}"


def _measure(spans: list[Span]) -> str:
    services = {span.service for span in spans}
    whole = max(span.end for span in spans) - min(span.start for span in spans)
    return f"Trace: {len(spans)} spans of {len(services)} services, {spell(whole)}"


def _missing(spans: list[Span]) -> Iterator[Text]:
    if lost := len(orphans(spans)):
        text = f"{lost} span(s) name a parent that has not come (?): shown at the left."
        yield Text().append(text, "yellow")
