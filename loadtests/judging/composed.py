"""What the right answer to a merchant is, which several services put together."""

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from .answers import Answer, Judge, Payment, Reason, differs, not_status, wrong
from .reading import foreign, gone_on

ALONE = frozenset({"terminal", "fraud", "floor_limit"})
"""Who decides without the bank: it has nothing to tell of such a payment."""

HEARD_WITHIN_S = 45.0
"""Fraud hears of a payment when it is answered, and may have been away: so long it may
know nothing of a card that is new."""

COUNTED = ("authorised", "declined", "captured", "voided", "refunded", "settled")


def viewed(before: Payment, now: Callable[[], float] = time.time) -> Judge:
    """The payment as it went on; what bank and fraud know of it, or that they are away."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 200):
            return fault
        seen = answer.js
        fault = gone_on(before, seen["payment"], is_auditor=False)
        young = now() - _created(before) < HEARD_WITHIN_S
        parts = () if young and seen["fraud"] is None else ("fraud",)
        if fault := fault or _whole(seen, *parts):
            return fault
        if seen["events"] is not None or (seen["fraud"] or {}).get("count") is not None:
            return wrong(Reason.STRANGER, "a merchant sees what is the house's")
        if not _reached_the_bank(before) or "bank" in seen["degraded"]:
            return None
        return _held(before, seen["bank"])

    return judge


def dashboard(merchant: str, *, days: int) -> Judge:
    """His own days and latest payments, and totals that add up."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 200):
            return fault
        seen = answer.js
        if seen["merchant_id"] != merchant:
            return wrong(Reason.STRANGER, f"the dashboard of {seen['merchant_id']}")
        fault = _whole(seen, "figures", "money", "latest")
        fault = fault or foreign(seen["latest"] or [], merchant)
        return fault or (_figures(seen["figures"], days) if seen["figures"] else None)

    return judge


def balance(merchant: str) -> Judge:
    """What he is to be paid is what was captured, less all that went elsewhere."""

    def judge(answer: Answer) -> str | None:
        if fault := not_status(answer, 200):
            return fault
        if answer.js["merchant_id"] != merchant:
            return wrong(Reason.STRANGER, f"a balance of {answer.js['merchant_id']}")
        for purse in answer.js["balances"]:
            less = purse["refunded"] + purse["fees"] + purse["settled"]
            payable = {"payable": purse["captured"] - less}
            if fault := differs(purse, payable, Reason.AMOUNTS):
                return fault
        return None

    return judge


def _created(payment: Payment) -> float:
    return datetime.fromisoformat(payment["created_at"]).timestamp()


def _whole(seen: Mapping[str, Any], *parts: str) -> str | None:
    """A part that is missing is named, and each that is named has a reason."""
    for part in parts:
        if (seen[part] is None) != (part in seen["degraded"]):
            return wrong(Reason.PART, f"{part} is missing and nobody says so")
    if set(seen["degraded"]) != set(seen["why"]):
        return wrong(Reason.PART, "a part is missing for no reason")
    return None


def _reached_the_bank(payment: Payment) -> bool:
    return (payment["authorisation"] or {}).get("source") not in {*ALONE, None}


def _held(payment: Payment, bank: Mapping[str, Any] | None) -> str | None:
    """Who was answered by the bank finds there what he was answered."""
    if payment["authorisation"]["source"] != "bank":
        return None
    if bank is None:
        return wrong(Reason.PART, "the bank decided, and knows nothing of it")
    approved = payment["response_code"] == "ACCEPTED"
    return differs(bank, {"approved": approved}, Reason.DECISION)


def _figures(figures: Mapping[str, Any], days: int) -> str | None:
    if len({each["day"] for each in figures["days"]}) > days:
        return wrong(Reason.PAGE, f"more than {days} days")
    daily = [each["outcomes"] for each in figures["days"]]
    for total in figures["totals"]:
        mine = [each for each in daily if each["currency"] == total["currency"]]
        for outcome in COUNTED:
            if _sum(mine, outcome) != _sum([total], outcome):
                return wrong(Reason.AMOUNTS, f"{outcome}: days and total differ")
    return None


def _sum(outcomes: Iterable[Mapping[str, Any]], name: str) -> tuple[int, int]:
    found = [each[name] for each in outcomes]
    return sum(each["count"] for each in found), sum(each["amount"] for each in found)
