"""Answers that several services make together; who is silent is named, not waited for."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from apps.kit.auth import Caller
from apps.kit.errors import (
    DeadlineExceeded,
    DependencyUnavailable,
    Forbidden,
    NotFound,
    Problem,
    RateLimited,
    Unauthenticated,
)

from .. import signals
from ..domain.views import (
    Card,
    Missing,
    Notification,
    NotShown,
    OwnMoney,
    Part,
    Payment,
    Whole,
    Why,
    own,
)
from ..ports import Parts

Question = Callable[[], Awaitable[Any]]


class UnknownPayment(NotFound):
    title = "Unknown payment"


class NoMerchant(NotFound):
    title = "This token is no merchant's"


_SAID: Mapping[int, type[Problem]] = {
    401: Unauthenticated,
    403: Forbidden,
    404: UnknownPayment,
    429: RateLimited,
    504: DeadlineExceeded,
}
"""What payments says of a payment is said of its view too; all else is a failure."""


async def view(
    payment_id: UUID, caller: Caller, bearer: str, parts: Parts
) -> tuple[Payment, Whole]:
    """A payment, and what all others know of it.

    The payment comes first: whoever may not see it has nobody else asked.
    """
    try:
        payment = await parts.payment(payment_id, bearer)
    except NotShown as said:
        raise _SAID.get(said.status, DependencyUnavailable)(said.detail) from None
    whole = await _together(_questions(payment, caller, bearer, parts))
    return payment, _shown("payment", whole)


async def dashboard(caller: Caller, days: int, bearer: str, parts: Parts) -> Whole:
    """A merchant's figures, his money and his latest payments; raises NoMerchant."""
    merchant_id = merchant_of(caller)
    asked: dict[Part, Question] = {
        Part.FIGURES: partial(parts.figures, merchant_id, days, bearer),
        Part.MONEY: partial(parts.money, merchant_id, bearer),
    }
    if "payments:read" in caller.scopes:
        asked[Part.LATEST] = partial(_latest, merchant_id, bearer, parts)
    return _shown("dashboard", _something(await _together(asked)))


async def balance(caller: Caller, bearer: str, parts: Parts) -> OwnMoney:
    """A merchant's money; raises NoMerchant."""
    asked = {Part.MONEY: partial(parts.money, merchant_of(caller), bearer)}
    whole = _something(await _together(asked))
    money: OwnMoney | None = whole.told[Part.MONEY]
    if money is None:
        raise NoMerchant("The back office does not know that merchant.")
    return money


def merchant_of(caller: Caller) -> str:
    """Who `me` is; raises NoMerchant for one of the house."""
    if caller.merchant_id is None:
        raise NoMerchant(
            "`me` is the merchant that a token names, and this one names none; "
            "ask under that merchant's id."
        )
    return caller.merchant_id


def _shown(name: str, whole: Whole) -> Whole:
    if whole.why:
        signals.degraded(name, whole.why)
    return whole


def _something(whole: Whole) -> Whole:
    """Raises a Problem where nobody answered: nothing at all is no answer."""
    if whole.told:
        return whole
    is_late = Why.TIMEOUT in whole.why.values()
    kind = DeadlineExceeded if is_late else DependencyUnavailable
    raise kind("Nobody who knows answered.")


def _questions(
    payment: Payment, caller: Caller, bearer: str, parts: Parts
) -> dict[Part, Question]:
    """Whom to ask of a payment, as far as the caller may know."""
    asked: dict[Part, Question] = {
        Part.FRAUD: partial(_card, payment, caller, parts),
        Part.NOTIFICATIONS: partial(_notifications, payment, parts),
    }
    if payment.reached_the_bank:
        asked[Part.BANK] = partial(parts.authorisation, payment.payment_id)
    if "audit:read" in caller.scopes:
        asked[Part.EVENTS] = partial(parts.events, payment.payment_id, bearer)
    return asked


async def _card(payment: Payment, caller: Caller, parts: Parts) -> Card | None:
    card = await parts.card(payment.card_token)
    is_ours = caller.merchant_id is None and "fraud:read" in caller.scopes
    return card if card is None or is_ours else card.for_merchants()


async def _notifications(
    payment: Payment, parts: Parts
) -> Sequence[Notification] | None:
    told = await parts.notifications(payment.payment_id)
    return None if told is None else own(told, payment.merchant_id)


async def _latest(
    merchant_id: str, bearer: str, parts: Parts
) -> Sequence[Mapping[str, Any]] | None:
    """His own alone, whatever the list holds."""
    found = await parts.latest(bearer)
    if found is None:
        return None
    return [each for each in found if each.get("merchant_id") == merchant_id]


async def _together(asked: Mapping[Part, Question]) -> Whole:
    """Ask all at once."""
    told: dict[Part, Any] = {}
    why: dict[Part, Why] = {}

    async def ask(part: Part, question: Question) -> None:
        try:
            told[part] = await question()
        except Missing as silence:
            why[part] = silence.why
            signals.missing(part, silence.why)
        else:
            signals.told(part, is_known=told[part] is not None)

    async with asyncio.TaskGroup() as group:
        for part, question in asked.items():
            group.create_task(ask(part, question))
    return Whole(told, {part: why[part] for part in asked if part in why})
