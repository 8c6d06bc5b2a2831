"""The names that the bank tells, declared: see `kit/declaring.py`."""

from apps.kit.declaring import Attribute, Event, Span

from ..domain.authorisations import Code, Verdict
from ..domain.holds import HoldState

_BURIED = "authorisation.id bank.hold_state bank.network_code bank.verdict payment.id"
_ASKED = (
    "authorisation.id bank.network_code bank.verdict card.token merchant.id"
    " payment.amount payment.currency payment.id"
)
_HELD = f"{_ASKED} bank.hold_state"

ATTRIBUTES = (
    Attribute("authorisation.id", str, "The bank's own id of its word.", "1e1757ff-…"),
    Attribute("bank.verdict", str, "The bank's word.", values=Verdict),
    Attribute("bank.network_code", str, "Its ISO 8583 response code.", values=Code),
    Attribute("bank.hold_state", str, "What became of the hold.", values=HoldState),
    Attribute("bank.repeated", bool, "It was asked before, and said so then."),
    Attribute(
        "bank.tombstone",
        str,
        "A reversal overtook its request: written by it, or a late one declined for it.",
        values=("written", "declined"),
    ),
    Attribute("payment.captured", int, "Captured of the hold, in minor units.", 12000),
    Attribute(
        "reversal.reason",
        str,
        "Why the bank is to let go.",
        "timeout",
    ),
)

SPANS = (
    Span(
        "bank.expire",
        "internal",
        "A hold is over and let go, in a trace of its own, linked to the last one.",
        "payment.id",
        "error.type",
    ),
)

EVENTS = (
    Event(
        "bank.authorised",
        "The bank said yes, or says it again; the first time it holds.",
        f"{_ASKED} bank.repeated",
        "bank.hold_state payment.captured reversal.reason",
    ),
    Event(
        "bank.refused",
        "The bank said no, or says it again.",
        f"{_ASKED} bank.repeated",
        "bank.hold_state reversal.reason",
    ),
    Event(
        "bank.tombstone",
        "A reversal came before its request: a late one is refused.",
        f"{_BURIED} bank.tombstone reversal.reason",
        "bank.repeated card.token merchant.id payment.amount payment.currency",
    ),
    Event("hold.captured", "A hold was captured.", f"{_HELD} payment.captured"),
    Event("hold.reversed", "A hold was let go.", f"{_HELD} reversal.reason"),
    Event("hold.expired", "A hold was not captured in time.", _HELD),
    Event(
        "hold.unmoved",
        "A reversal or a capture found nothing left to do.",
        "authorisation.id bank.network_code bank.verdict payment.id",
        "bank.hold_state card.token merchant.id payment.amount payment.captured"
        " payment.currency reversal.reason",
    ),
    Event(
        "hold.stuck",
        "A hold is over and could not be let go.",
        "error.type payment.id",
    ),
)
