"""How an authorisation is decided, captured, reversed, and expires."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.kit.values import Cents

from .accounts import Account
from .authorisations import Authorisation, Change, Code, Request, Reversal
from .holds import TOMBSTONE, AboveHold, Hold, HoldState, NotHeld


def judge(request: Request, account: Account, limit: Cents) -> Code:
    """Authorise up to the limit, and up to what nothing else holds."""
    if request.amount > limit:
        return Code.ABOVE_LIMIT
    if request.amount > account.available:
        return Code.NO_FUNDS
    return Code.APPROVED


def decided(
    authorisation_id: UUID,
    request: Request,
    account: Account,
    limit: Cents,
    until: datetime,
) -> Change:
    """Answer a request; a yes holds the amount until then."""
    code = judge(request, account, limit)
    answer = Authorisation(authorisation_id, request.request_id, request, code)
    if code is not Code.APPROVED:
        return Change(answer)
    hold = Hold(HoldState.HELD, request.amount, Cents(0), until)
    return Change(replace(answer, hold=hold), account.holding(request.amount))


def buried(authorisation_id: UUID, request_id: UUID, reversal: Reversal) -> Change:
    """Reverse what was never asked for: asked for later, it is refused."""
    unasked = Authorisation(authorisation_id, request_id, None, Code.REFUSED)
    return Change(replace(unasked, hold=TOMBSTONE, reversal=reversal))


def arrived_late(tombstone: Authorisation, request: Request) -> Change:
    """The question that a tombstone waited for; the answer is no."""
    return Change(replace(tombstone, request=request))


def reversed_by(
    reversal: Reversal, known: Authorisation, account: Account | None
) -> Change:
    """Let go what is held; what holds nothing is reversed in name only.

    Raises NotHeld where the amount is paid: only a refund brings that back.
    """
    if known.hold_state is HoldState.CAPTURED:
        raise NotHeld
    return _let_go(replace(known, reversal=reversal), account, HoldState.REVERSED)


def expired(known: Authorisation, account: Account | None, at: datetime) -> Change:
    """Let go what nobody captured in time; anything else stays as it is."""
    if known.hold is None or not known.hold.is_over(at):
        return Change(known)
    return _let_go(known, account, HoldState.EXPIRED)


def captured(
    known: Authorisation, account: Account | None, amount: Cents, at: datetime
) -> Change:
    """Pay an amount out of the hold, and release the rest. Raises NotHeld, AboveHold."""
    hold = known.hold
    if hold is None or account is None or not hold.is_open or hold.is_over(at):
        raise NotHeld
    if amount > hold.amount:
        raise AboveHold
    paid = replace(hold, state=HoldState.CAPTURED, captured=amount)
    moved = account.releasing(hold.amount).paying(amount)
    return Change(replace(known, hold=paid), moved)


def was_captured(known: Authorisation, amount: Cents) -> bool:
    """This very amount was paid already."""
    hold = known.hold
    return (
        hold is not None
        and hold.state is HoldState.CAPTURED
        and hold.captured == amount
    )


def _let_go(known: Authorisation, account: Account | None, end: HoldState) -> Change:
    if known.hold is None or account is None or not known.hold.is_open:
        return Change(known)
    hold = replace(known.hold, state=end)
    return Change(replace(known, hold=hold), account.releasing(known.hold.amount))
