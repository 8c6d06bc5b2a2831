"""What happens in payments, declared: see `kit/declaring.py`."""

from apps.kit.declaring import Event, Span

_DECIDED = (
    "merchant.id payment.amount payment.id payment.mode payment.reason payment.source"
    " payment.verdict"
)
_TRIED = "payment.id saga.attempt saga.outcome saga.step"

_LATER = "in a trace of its own, linked to the order's."

SPANS = tuple(
    Span(f"payments.{name}", "internal", f"{about}, {_LATER}", "", "error.type")
    for name, about in (
        ("recover", "An order that was broken off is decided"),
        ("inquire", "The bank is asked about an order that it did not answer"),
        ("expire", "What was not captured in time is let go"),
        ("settle", "Merchants are paid out"),
        ("knock", "The bank is asked whether it is back"),
        ("screen", "Fraud is asked about cards whose payments are to go on"),
        ("{saga.step}", "A step that finishes a payment is tried"),
    )
)

EVENTS = (
    Event(
        "payment.decided",
        "The payment has its final answer.",
        f"{_DECIDED} card.brand card.token fraud.checked payment.currency"
        " payment.network_code pos.id",
        "card.status",
    ),
    Event(
        "order.asked_again",
        "An order came again under its key.",
        "idempotency.outcome payment.id",
    ),
    Event(
        "fraud.silent",
        "Fraud did not say in time what it thinks; the payment goes on without.",
        "fraud.checked fraud.silence",
    ),
    Event("fraud.unasked", "Fraud could not be asked.", "fraud.checked fraud.silence"),
    Event(
        "bank.silent",
        "The bank gave no answer in time; somebody must decide for it.",
        "bank.outcome bank.silence payment.amount payment.id pos.id",
    ),
    Event(
        "bank.back",
        "The bank is back: what waited for it is due at once.",
        "saga.steps",
    ),
    Event(
        "standin.caps_reached",
        "No more is accepted in the bank's stead.",
        "card.token payment.amount payment.id",
    ),
    Event(
        "standin.reconciled",
        "The bank had its say on what was accepted in its stead.",
        "payment.amount payment.id payment.status standin.outcome",
    ),
    Event(
        "payment.pending",
        "The caller's time is up, and nobody knows what the bank says.",
        "payment.id payment.status",
    ),
    Event(
        "payment.recovered",
        "What was left undecided is decided, and nobody was there to hear it.",
        _DECIDED,
    ),
    Event(
        "payment.left_alone",
        "It could not be decided, or let go, this time.",
        "error.type payment.id payment.status",
    ),
    Event(
        "payment.moved",
        "Money was captured, voided or refunded.",
        "merchant.id movement.amount movement.kind payment.id payment.status",
        "movement.id void.reason",
    ),
    Event(
        "payment.reversed",
        "The bank holds nothing for the payment.",
        "payment.id payment.status",
        "bank.tombstone",
    ),
    Event(
        "card.payments_flagged",
        "A card turned RED, and so many of its payments are to be voided.",
        "card.payments card.token",
    ),
    Event("saga.step_done", "A step that finishes a payment is done.", _TRIED),
    Event("saga.step_failed", "It is tried again later.", f"{_TRIED} error.type"),
    Event(
        "saga.step_postponed",
        "A breaker, say, kept a step from being tried: that is no attempt.",
        f"{_TRIED} bank.silence",
    ),
    Event("saga.step_refused", "The bank will never do it.", f"{_TRIED} bank.refusal"),
    Event(
        "saga.step_retried",
        "Somebody has a stuck step tried again.",
        "payment.id saga.step",
    ),
    Event("ledger.unbalanced", "The books do not sum to zero.", "ledger.imbalance"),
    Event(
        "merchant.settled",
        "A merchant was paid out.",
        "merchant.id settlement.fees settlement.gross settlement.id settlement.net"
        " settlement.payments settlement.refunds",
    ),
    Event(
        "merchant.unsettled",
        "A merchant could not be paid out this time.",
        "error.type merchant.id",
    ),
)
