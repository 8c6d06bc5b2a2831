"""Books: do they fit together, and is the trail being written."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.kit.audit import AUDITED
from apps.payments.signals import EXPOSURE, IMBALANCE, SETTLEMENTS
from apps.verify.signals import CHECKED, VIOLATIONS
from grafana.panels import Rows, drawn, levels, none_of, rates, without

WHAT = "Whether the books fit together; what must be 0 is red when it is not."

ROWS: Rows = {
    "Must be 0": (
        partial(
            none_of,
            "Ledger out of balance",
            "Ledger transactions that do not sum to zero.",
            IMBALANCE,
        ),
        partial(
            without,
            "Nobody looked: make verify watch=10.",
            partial(
                none_of,
                "Violations",
                "What broke an invariant when `make verify watch=10` looked last.",
                VIOLATIONS,
            ),
        ),
    ),
    "Invariants": (
        partial(
            without,
            "Nobody looked: make verify watch=10.",
            partial(
                levels,
                "Violations by invariant",
                "What breaks which invariant; `make verify` names the first of each by id.",
                VIOLATIONS,
                "verify.invariant",
            ),
        ),
        partial(
            without,
            "Nobody looked: make verify watch=10.",
            partial(
                levels,
                "Looked at",
                "How much was looked at for an invariant; none means that it was not checked.",
                CHECKED,
                "verify.invariant",
            ),
        ),
    ),
    "Ledger": (
        partial(
            levels,
            "Ledger out of balance over time",
            "Ledger transactions that do not sum to zero.",
            IMBALANCE,
            share=3,
        ),
        partial(
            levels,
            "Exposure",
            "Accepted in the bank's stead and not confirmed yet.",
            EXPOSURE,
            scale=100,
            share=3,
        ),
        partial(
            rates,
            "Settlements",
            "Batches in which merchants were paid out.",
            SETTLEMENTS,
            share=3,
        ),
    ),
    "Audit trail": (
        partial(
            rates,
            "Actions",
            "Rows added to the audit trail, by what was done.",
            AUDITED,
            "audit.action",
        ),
        partial(
            rates,
            "Results",
            "Rows added to the audit trail, by what came of it and who wrote them.",
            AUDITED,
            "service.name",
            "audit.result",
        ),
    ),
}


def books() -> Dashboard:
    return drawn("payscope-books", "Books", WHAT, ROWS)
