"""Facts of a payment's later life: what was done with it, and what was still due."""

from collections.abc import Mapping
from uuid import UUID

from apps.kit.signals import Facts, Level, event, tell
from apps.kit.values import Cents

from ..domain.changes import Outcome, VoidReason
from ..domain.payment import Payment, Status
from ..domain.sagas import Step
from ..domain.settlement import Batch
from ..ports import Attempt
from .instruments import (
    EXPOSURE,
    IMBALANCE,
    MOVEMENTS,
    RECONCILIATIONS,
    SAGA_AGE,
    SETTLEMENTS,
    STEPS,
    STEPS_DUE,
    UNDECIDED_AGE,
)

STUCK_AFTER = 3
"""From this attempt on a step that fails is somebody's business."""


def moved(kind: str, movement_id: UUID, amount: Cents, payment: Payment) -> None:
    """Money was captured, voided or refunded, because somebody asked for it."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.status": payment.status,
        "movement.kind": kind,
        "movement.id": movement_id,
        "movement.amount": amount,
        "merchant.id": payment.merchant_id,
    }
    tell("payment.moved", facts, count=MOVEMENTS)


def voided(payment: Payment, reason: VoidReason) -> None:
    """An authorised payment is gone, and no merchant asked for that."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.status": payment.status,
        "movement.kind": "void",
        "movement.amount": payment.amount,
        "void.reason": reason,
        "merchant.id": payment.merchant_id,
    }
    tell("payment.moved", facts, count=MOVEMENTS, level="warning")


def flagged(card_token: UUID, payments: int) -> None:
    """A card turned RED, and so many of its payments are to be voided."""
    facts: Facts = {"card.token": card_token, "card.payments": payments}
    tell("card.payments_flagged", facts, level="warning" if payments else "info")


def reconciled(payment: Payment, outcome: Outcome) -> None:
    """The bank had its say on what was accepted in its stead."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.status": payment.status,
        "payment.amount": payment.amount,
        "standin.outcome": outcome,
    }
    level: Level = "warning" if outcome is Outcome.REJECTED else "info"
    tell("standin.reconciled", facts, count=RECONCILIATIONS, level=level)


def reversed_at_bank(payment: Payment, *, tombstone: bool) -> None:
    """The bank holds nothing for the payment; with a tombstone, it never had."""
    facts: Facts = {
        "payment.id": payment.payment_id,
        "payment.status": payment.status,
        "bank.tombstone": "written" if tombstone else None,
    }
    tell("payment.reversed", facts)


def step_done(attempt: Attempt) -> None:
    """A step that finishes a payment is done."""
    tell("saga.step_done", _tried(attempt, "done"), count=STEPS)


def step_failed(attempt: Attempt, fault: Exception) -> None:
    """A step failed, and is tried again later."""
    facts = {**_tried(attempt, "failed"), "error.type": type(fault).__qualname__}
    level: Level = "error" if attempt.number >= STUCK_AFTER else "warning"
    tell("saga.step_failed", facts, count=STEPS, level=level, fault=fault)


def step_postponed(attempt: Attempt, why: str) -> None:
    """A breaker, say, kept a step from being tried: that is no attempt, and no news."""
    facts = {**_tried(attempt, "postponed"), "bank.silence": why}
    STEPS.add(facts)
    event("saga.step_postponed", facts)


def bank_back(steps: int) -> None:
    """The bank is back, and so many steps that waited for it are due at once."""
    tell("bank.back", {"saga.steps": steps})


def step_refused(attempt: Attempt, why: str) -> None:
    """The bank will never do this step: somebody must look."""
    facts = {**_tried(attempt, "refused"), "bank.refusal": why}
    tell("saga.step_refused", facts, count=STEPS, level="error")


def step_retried(payment_id: UUID, step: Step) -> None:
    """Somebody has a stuck step tried again."""
    facts: Facts = {"payment.id": payment_id, "saga.step": step}
    tell("saga.step_retried", facts, level="warning", audit=True)


def steps_due(ages: Mapping[Step, tuple[int, float]]) -> None:
    """How many steps are due, and since when the oldest; none is a zero, not a gap."""
    for step in Step:
        due, oldest_s = ages.get(step, (0, 0.0))
        STEPS_DUE.set(due, {"saga.step": step})
        SAGA_AGE.set(oldest_s, {"saga.step": step})


def exposed(exposure: Cents) -> None:
    EXPOSURE.set(exposure, {})


def imbalance(transactions: int) -> None:
    """So many ledger transactions do not sum to zero."""
    IMBALANCE.set(transactions, {})
    if transactions:
        facts: Facts = {"ledger.imbalance": transactions}
        tell("ledger.unbalanced", facts, level="error")


def settled(batch: Batch) -> None:
    """A merchant was paid out."""
    facts: Facts = {
        "settlement.id": batch.batch_id,
        "settlement.payments": len(batch.debts),
        "settlement.gross": batch.gross,
        "settlement.refunds": batch.refunds,
        "settlement.fees": batch.fees,
        "settlement.net": batch.net,
        "merchant.id": batch.merchant_id,
    }
    tell("merchant.settled", facts, count=SETTLEMENTS)


def unsettled(merchant_id: str, fault: Exception) -> None:
    """A merchant could not be paid out this time; the others were."""
    facts: Facts = {
        "merchant.id": merchant_id,
        "error.type": type(fault).__qualname__,
    }
    tell("merchant.unsettled", facts, level="error", fault=fault)


def undecided(oldest_s: Mapping[Status, float]) -> None:
    """Since when the oldest order waits for its decision; none is a zero, not a gap."""
    for status in (Status.RECEIVED, Status.PENDING):
        UNDECIDED_AGE.set(oldest_s.get(status, 0.0), {"payment.status": status})


def _tried(attempt: Attempt, outcome: str) -> dict[str, str | int | UUID]:
    return {
        "payment.id": attempt.payment_id,
        "saga.step": attempt.step,
        "saga.attempt": attempt.number,
        "saga.outcome": outcome,
    }
