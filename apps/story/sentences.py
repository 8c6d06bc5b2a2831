"""A payment in two sentences: how its answer came about, and what became of it since."""

from collections.abc import Mapping
from typing import Any

from .gathering import Story
from .life import spelt
from .wording import spell

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
LATER = {
    "PaymentCaptured",
    "PaymentVoided",
    "PaymentRefunded",
    "PaymentSettled",
    "StandInReconciled",
    "ReversalConfirmed",
}


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
    return f"{why(story.payment)}.{came}"


def why(payment: Mapping[str, Any]) -> str:
    source = (payment.get("authorisation") or {}).get("source")
    if payment.get("response_code") is None:
        return f"{money(payment)} was not decided yet: the bank's word is awaited"
    code = str(payment["response_code"])
    why = WHY.get(str(source) if code == "ACCEPTED" else code)
    plain = f"The payment of {{money}} was {payment['status']} ({code})"
    return (why or plain).format(money=money(payment))


def _heard(story: Story) -> str:
    """Who was told by message, and when the last of them was done."""
    hearers = [span for span in story.first.spans if span.kind == "CONSUMER"]
    if not hearers:
        return ""
    names = sorted({span.service for span in hearers})
    told = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    last = max(span.end for span in hearers) - story.start
    return f"; {told} had heard of it after {spell(last)}"


def money(payment: Mapping[str, Any]) -> str:
    return spelt(payment["amount"], payment["currency"])
