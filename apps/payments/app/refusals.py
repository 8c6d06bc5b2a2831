"""The problems that payments answers instead, route by route, for its document."""

from apps.kit.errors import DependencyUnavailable
from apps.kit.openapi import problems

from ..idempotency import InFlight, KeyMalformed, KeyMissing, KeyReused
from ..usecases.again import Changed
from ..usecases.move import AmountTooLarge, UnknownPayment, WrongState
from ..usecases.pay import (
    CurrencyNotTaken,
    InvalidCardNumber,
    ReferenceTaken,
    UnknownPointOfSale,
)
from ..usecases.unstick import NotStuck

_KEYED = (KeyMissing, KeyMalformed, KeyReused, InFlight, Changed, DependencyUnavailable)
"""What can go wrong with whatever is asked for under a key."""

ORDERED = problems(
    *_KEYED, UnknownPointOfSale, InvalidCardNumber, CurrencyNotTaken, ReferenceTaken
)
MOVED = problems(*_KEYED, UnknownPayment, WrongState)
MOVED_IN_PART = problems(*_KEYED, UnknownPayment, WrongState, AmountTooLarge)
SHOWN = problems(UnknownPayment, DependencyUnavailable)
UNSTUCK = problems(NotStuck, DependencyUnavailable)
LISTED = problems(DependencyUnavailable)
