"""What the bank can be asked to do."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from apps.kit.audit import Entry
from apps.kit.crashing import crash_point
from apps.kit.errors import NotFound, Problem
from apps.kit.signals import follow, span
from apps.kit.values import Cents

from . import signals
from .domain import rules
from .domain.accounts import Account
from .domain.authorisations import Authorisation, Change, Overdue, Request, Reversal
from .domain.holds import AboveHold, NotHeld
from .events import HoldReversed
from .idempotency import KeyReused
from .ports import Ports

BATCH = 100
"""Overdue holds that are looked up at once."""

JOB = "job:expiry"
"""Who lets go what nobody captured."""

CURRENCIES = 10
"""Of so many, those with most held, the gauge tells."""


class UnknownRequest(NotFound):
    title = "Unknown request"


class InvalidState(Problem):
    status, code, title = 409, "invalid-state", "This hold allows that no longer"


class AboveAuthorised(Problem):
    status, code = 422, "amount-exceeds-authorised"
    title = "More is to be captured than was authorised"
    reason = "amount_exceeds_authorised"


@span("bank.authorise")
async def authorise(request: Request, ports: Ports) -> Authorisation:
    """Answer a request; asked again under the same id, give the same answer."""
    opening = ports.terms.opening_balance
    fresh = Account(request.card_token, request.currency, opening, Cents(0))
    async with ports.store.alone(request.request_id, fresh) as (known, account):
        change = _answer(request, known, account or fresh, ports)
        is_new = change.authorisation != known
        if is_new:
            await ports.store.keep(change, _entry("bank.authorise", change, ports))
    signals.answered(change.authorisation, is_new=is_new)
    crash_point("bank.before_answer")
    return change.authorisation


@span("bank.reverse")
async def reverse(request_id: UUID, reason: str, ports: Ports) -> Authorisation:
    """Let go what a request holds, now or, where it has yet to arrive, ever."""
    reversal = Reversal(ports.new_id(), reason, ports.clock())
    async with ports.store.alone(request_id) as (known, account):
        if known and known.reversal:
            change = Change(known)
        else:
            change = _reversed(request_id, known, account, reversal, ports)
            told = HoldReversed.of(change.authorisation, reversal, change.moved)
            entry = _entry("bank.reverse", change, ports)
            await ports.store.keep(change, entry, told)
    signals.came_of(change, known)
    return change.authorisation


@span("bank.capture")
async def capture(authorisation_id: UUID, amount: Cents, ports: Ports) -> Authorisation:
    """Pay an amount out of a hold, once, and release the rest."""
    async with ports.store.alone_with(authorisation_id) as (known, account):
        if known is None:
            raise UnknownRequest("There is no authorisation of that id.")
        if rules.was_captured(known, amount):
            change = Change(known)
        else:
            change = _captured(known, account, amount, ports)
            await ports.store.keep(change, _entry("bank.capture", change, ports))
    signals.came_of(change, known)
    return change.authorisation


async def find(request_id: UUID, ports: Ports) -> Authorisation:
    """What the bank said to a request, and what became of it."""
    known = await ports.store.known(request_id)
    if known is None:
        raise UnknownRequest("Nothing was asked under that id.")
    return known


async def expire(ports: Ports) -> None:
    """Let go every hold that nobody captured in time, each in a trace of its own.

    One that does not let go is told of, and holds up no other; it is tried next time.
    """
    at = ports.clock()
    last: Overdue | None = None
    while overdue := await ports.store.overdue(at, BATCH, last):
        for last in overdue:
            with suppress(Exception), follow("bank.expire", last.traceparent):
                await _expire_or_tell(last, at, ports)


async def tell_held(ports: Ports) -> None:
    """What is held at this moment becomes a figure."""
    signals.held(await ports.store.held(CURRENCIES))


def _answer(
    request: Request, known: Authorisation | None, account: Account, ports: Ports
) -> Change:
    if known and known.request is None:
        return rules.arrived_late(known, request)
    if known and known.request != request:
        raise KeyReused("Ask under an id of its own.", pointer="/request_id")
    if known:
        return Change(known)
    until = ports.clock() + ports.terms.hold
    return rules.decided(ports.new_id(), request, account, ports.terms.limit, until)


def _reversed(
    request_id: UUID,
    known: Authorisation | None,
    account: Account | None,
    reversal: Reversal,
    ports: Ports,
) -> Change:
    if known is None:
        return rules.buried(ports.new_id(), request_id, reversal)
    try:
        return rules.reversed_by(reversal, known, account)
    except NotHeld:
        raise InvalidState("It is captured: only a refund brings it back.") from None


def _captured(
    known: Authorisation, account: Account | None, amount: Cents, ports: Ports
) -> Change:
    try:
        return rules.captured(known, account, amount, ports.clock())
    except NotHeld:
        raise InvalidState("Nothing is held for a capture of this amount.") from None
    except AboveHold:
        detail = "Capture what is held, or less."
        raise AboveAuthorised(detail, pointer="/amount") from None


async def _expire_or_tell(overdue: Overdue, at: datetime, ports: Ports) -> None:
    try:
        await _expire(overdue.request_id, at, ports)
    except Exception as fault:
        signals.stuck(overdue, fault)
        raise


async def _expire(request_id: UUID, at: datetime, ports: Ports) -> None:
    async with ports.store.alone(request_id) as (known, account):
        if known is None:
            return
        change = rules.expired(known, account, at)
        if change.account is None:
            return
        await ports.store.keep(change, _entry("bank.expire", change, ports, JOB))
    signals.ended(change.authorisation)


def _entry(action: str, change: Change, ports: Ports, by: str | None = None) -> Entry:
    """What was done, and by whom: the caller, or a job of ours."""
    authorisation = change.authorisation
    answers = action == "bank.authorise"
    end = authorisation.hold_state or "nothing_held"
    return Entry(
        actor=by or ports.caller.actor,
        action=action,
        subject=str(authorisation.request_id),
        result=authorisation.verdict if answers else end,
        facts=signals.facts_of(authorisation),
    )
