"""What payments counts and measures."""

from apps.kit.signals import Counter, Gauge, Histogram

DECISIONS = Counter(
    "payments.decisions",
    unit="{payment}",
    about="Payments decided.",
    by=("payment.verdict", "payment.reason", "payment.mode", "payment.source"),
)
AGAIN = Counter(
    "payments.orders.again",
    unit="{order}",
    about="Orders that came again under their idempotency key.",
    by=("idempotency.outcome",),
)
BANK_WAIT = Histogram(
    "payments.bank.wait",
    unit="s",
    about="How long payments waited for the bank.",
    by=("bank.outcome",),
)
SCREENINGS = Counter(
    "payments.screenings",
    unit="{payment}",
    about="Payments whose card fraud was asked about, and whether it answered in time.",
    by=("fraud.checked", "card.status"),
)
MOVEMENTS = Counter(
    "payments.movements",
    unit="{movement}",
    about="Captures, voids and refunds.",
    by=("movement.kind", "payment.status", "void.reason"),
)
STEPS = Counter(
    "payments.saga.steps",
    unit="{attempt}",
    about="Attempts at the steps that finish payments after their answer.",
    by=("saga.step", "saga.outcome"),
)
STEPS_DUE = Gauge(
    "payments.saga.due",
    unit="{step}",
    about="Steps that are still to be done.",
    by=("saga.step",),
)
SAGA_AGE = Gauge(
    "payments.saga.age",
    unit="s",
    about="Since when the oldest step of its kind has made no progress.",
    by=("saga.step",),
)
UNDECIDED_AGE = Gauge(
    "payments.undecided.age",
    unit="s",
    about="Since when the oldest order waits for its decision.",
    by=("payment.status",),
)
RECONCILIATIONS = Counter(
    "payments.standin.reconciliations",
    unit="{payment}",
    about="Payments accepted in the bank's stead that the bank had its say on.",
    by=("standin.outcome",),
)
EXPOSURE = Gauge(
    "payments.standin.exposure",
    unit="{minor_unit}",
    about="What was accepted in the bank's stead, and the bank has not spoken on yet.",
)
IMBALANCE = Gauge(
    "payments.ledger.imbalance",
    unit="{transaction}",
    about="Ledger transactions that do not sum to zero: more than none is a fault.",
)
SETTLEMENTS = Counter(
    "payments.settlements",
    unit="{batch}",
    about="Batches in which merchants were paid out.",
)
