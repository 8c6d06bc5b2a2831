"""After the answer: what finishes payments, what the bank holds, what is exposed."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.bank.signals import HELD, HOLDS
from apps.payments.signals import (
    EXPOSURE,
    RECONCILIATIONS,
    SAGA_AGE,
    SETTLEMENTS,
    STEPS,
    STEPS_DUE,
    UNDECIDED_AGE,
)
from grafana.panels import Rows, drawn, levels, rates, seldom

WHAT = (
    "What is still to be done for payments that have their answer, and what it costs."
)

ROWS: Rows = {
    "Steps": (
        partial(
            rates,
            "Steps",
            "Attempts at captures, reversals and reconciliations, by what came of them.",
            STEPS,
            "saga.step",
            "saga.outcome",
        ),
        partial(
            levels,
            "Steps due",
            "Steps that are still to be done; it should fall back to none.",
            STEPS_DUE,
            "saga.step",
        ),
        partial(
            levels,
            "Stuck for",
            "Since when the oldest step made no progress; past 5 minutes look at its log.",
            SAGA_AGE,
            "saga.step",
            unit="s",
        ),
        partial(
            levels,
            "Undecided for",
            "Since when the oldest order waits for its decision; pending ones wait for"
            " the bank.",
            UNDECIDED_AGE,
            "payment.status",
            unit="s",
        ),
        partial(
            rates,
            "Merchants paid out",
            "Batches in which merchants were paid out, each minute in the demo.",
            SETTLEMENTS,
        ),
    ),
    "In the bank's stead": (
        partial(
            levels,
            "Exposure",
            "Accepted while the bank was silent and not confirmed yet; 50,000 is the cap.",
            EXPOSURE,
            scale=100,
        ),
        partial(
            seldom,
            "Reconciliations",
            "The bank had its say: confirmed, submitted, or rejected, which may be a loss.",
            RECONCILIATIONS,
            "standin.outcome",
        ),
    ),
    "Bank": (
        partial(
            rates,
            "Holds",
            "Holds that came into a state: held, then captured, reversed or expired.",
            HOLDS,
            "bank.hold_state",
        ),
        partial(
            levels,
            "Held",
            "What the bank holds at this moment, by currency.",
            HELD,
            "payment.currency",
            scale=100,
        ),
    ),
}


def later() -> Dashboard:
    return drawn("payscope-later", "After the answer", WHAT, ROWS)
