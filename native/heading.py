"""A story's first lines: what the payment is now, and how it came to that in two sentences."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from rich.rule import Rule
from rich.text import Text

from .findings import Story
from .life import spelt
from .painting import spell

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
    "EXPIRED_CARD": "{money} was declined: the card has expired",
    "BLACK_LISTED_CARD_NUMBER": "{money} was declined: the card is blocked",
    "FRAUD_SUSPECTED": "{money} was declined: fraud thinks ill of the card",
}
UNPAID = {"received", "pending", "declined", "voided"}
LATER = {
    "PaymentCaptured",
    "PaymentVoided",
    "PaymentRefunded",
    "PaymentSettled",
    "StandInReconciled",
    "ReversalConfirmed",
}


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
    text.append(f"  {_money(payment)} · {card['brand']} •••• {card['last4']}", "bold")
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


def since(story: Story) -> str:
    """What became of the payment after its answer, in one sentence."""
    came = [moment for moment in story.moments if moment.type in LATER]
    if not came:
        return ""
    first = story.moments[0].at
    told = [f"{moment.what} after {spell(moment.at - first)}" for moment in came]
    return f"Since then it was {', '.join(told)}."


def sentence(story: Story) -> str:
    """What happened, as one would tell a colleague."""
    root = story.root
    took = f" in {spell(root.end - root.start)}" if root else ""
    if not story.payment:
        if root is None:
            return "Only its log lines are known."
        status = root.fact("http.response.status_code")
        done = f"answered {status} to" if status else "did"
        return f"{root.service} {done} {root.name}{took}."
    came = f" The answer came{took}{_heard(story)}." if root else ""
    return f"{_why(story.payment)}.{came}"


def _why(payment: dict[str, Any]) -> str:
    source = (payment.get("authorisation") or {}).get("source")
    code = str(payment["response_code"])
    why = WHY.get(str(source) if code == "ACCEPTED" else code)
    plain = f"The payment of {{money}} was {payment['status']} ({code})"
    return (why or plain).format(money=_money(payment))


def _heard(story: Story) -> str:
    """Who was told by message, and when the last of them was done."""
    hearers = [span for span in story.first.spans if span.kind == "CONSUMER"]
    if not hearers:
        return ""
    names = sorted({span.service for span in hearers})
    told = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    last = max(span.end for span in hearers) - story.start
    return f"; {told} had heard of it after {spell(last)}"


def _money(payment: dict[str, Any]) -> str:
    return spelt(payment["amount"], payment["currency"])
