"""Every fact that the bank tells."""

from collections.abc import Mapping

from apps.kit.signals import Counter, Gauge, Value, tell
from apps.kit.values import Cents

from ..domain.authorisations import Authorisation, Change, Overdue, Verdict
from ..domain.holds import HoldState

AUTHORISATIONS = Counter(
    "bank.authorisations",
    unit="{authorisation}",
    about="Authorisations answered.",
    by=("bank.verdict", "bank.network_code"),
)
HOLDS = Counter(
    "bank.holds",
    unit="{hold}",
    about="Holds that came into a state, by that state.",
    by=("bank.hold_state",),
)
HELD = Gauge(
    "bank.held",
    unit="{minor_unit}",
    about="What is held at this moment, in minor units of its currency.",
    by=("payment.currency",),
)

_EVENTS = {Verdict.APPROVED: "bank.authorised", Verdict.REFUSED: "bank.refused"}
_ENDS = {
    HoldState.CAPTURED: "hold.captured",
    HoldState.REVERSED: "hold.reversed",
    HoldState.EXPIRED: "hold.expired",
}


def answered(authorisation: Authorisation, *, is_new: bool) -> None:
    """The bank gave its word, or gave it again; only the first time it holds."""
    facts = facts_of(authorisation) | {"bank.repeated": not is_new}
    tell(_EVENTS[authorisation.verdict], facts, count=AUTHORISATIONS)
    if is_new and authorisation.hold_state is HoldState.HELD:
        HOLDS.add(facts)
    if is_new and authorisation.is_tombstone:
        late = facts | {"bank.tombstone": "declined"}
        tell("bank.tombstone", late, level="warning")


def buried(authorisation: Authorisation) -> None:
    """A reversal overtook its request: a late one will be refused."""
    facts = facts_of(authorisation) | {"bank.tombstone": "written"}
    tell("bank.tombstone", facts, count=HOLDS, level="warning")


def ended(authorisation: Authorisation) -> None:
    """A hold was captured, reversed, or not captured in time."""
    if authorisation.hold:
        told = _ENDS[authorisation.hold.state]
        tell(told, facts_of(authorisation), count=HOLDS)


def unmoved(authorisation: Authorisation) -> None:
    """A reversal or capture found that there was nothing left to do."""
    tell("hold.unmoved", facts_of(authorisation))


def came_of(change: Change, known: Authorisation | None) -> None:
    """What a reversal or a capture did: something new, an end, or nothing."""
    if known is None:
        buried(change.authorisation)
    elif change.account:
        ended(change.authorisation)
    else:
        unmoved(change.authorisation)


def stuck(overdue: Overdue, fault: Exception) -> None:
    """A hold is over and could not be let go."""
    facts: dict[str, Value] = {
        "payment.id": overdue.request_id,
        "error.type": type(fault).__qualname__,
    }
    tell("hold.stuck", facts, level="warning", fault=fault)


def held(amounts: Mapping[str, Cents]) -> None:
    """What is held right now, by currency."""
    for currency, amount in amounts.items():
        HELD.set(amount, {"payment.currency": currency})


def facts_of(authorisation: Authorisation) -> dict[str, Value | None]:
    """All that may be told of it; what is not known yet is missing."""
    facts: dict[str, Value | None] = {
        "bank.verdict": authorisation.verdict,
        "bank.network_code": authorisation.code,
        "bank.hold_state": authorisation.hold_state,
        "authorisation.id": authorisation.authorisation_id,
        "payment.id": authorisation.request_id,
    }
    if asked := authorisation.request:
        facts |= {
            "payment.amount": asked.amount,
            "payment.currency": asked.currency,
            "merchant.id": asked.merchant_id,
            "card.token": asked.card_token,
        }
    if authorisation.hold_state is HoldState.CAPTURED and authorisation.hold:
        facts["payment.captured"] = authorisation.hold.captured
    if authorisation.reversal:
        facts["reversal.reason"] = authorisation.reversal.reason
    return facts
