"""What must hold, in the order in which it is looked at."""

from apps.verify.findings import Invariant

from .amounts import amounts_fit
from .answers import answers_hold
from .balances import merchants_see_what_they_are_owed
from .batches import batches_add_up
from .deliveries import all_delivered
from .histories import histories_fold
from .holds import held_once
from .keys import paid_once
from .ledger import ledger_balances
from .orphans import no_orphans
from .risks import cards_counted
from .stuck import no_step_is_stuck
from .traces import traces_go_through
from .trails import bank_trail, ledger_chain, payments_trail

INVARIANTS = (
    Invariant("I1", "the ledger sums to zero", "transfers", ledger_balances),
    Invariant("I2", "the bank holds a payment once", "holds", held_once),
    Invariant("I3", "refunded ≤ captured ≤ authorised", "payments", amounts_fit),
    Invariant("I4", "clients were told what is kept", "answers", answers_hold),
    Invariant("I5", "a key pays once", "keys", paid_once),
    Invariant("I6", "a payment is the fold of its events", "events", histories_fold),
    Invariant("I7", "what is announced is heard", "events", all_delivered),
    Invariant("I8", "no hold is an orphan", "open holds", no_orphans),
    Invariant("I9", "fraud counts each payment once", "cards", cards_counted),
    Invariant("I11", "clients find their traces", "payments", traces_go_through),
    Invariant(
        "I12",
        "merchants see what they are owed",
        "balances",
        merchants_see_what_they_are_owed,
    ),
    Invariant(
        "I13", "batches add up, and leave nothing out", "batches", batches_add_up
    ),
    Invariant("I14", "no step is stuck", "steps", no_step_is_stuck),
)

TRAILS = (
    Invariant("payments", "its audit trail is whole", "rows", payments_trail),
    Invariant("bank", "its audit trail is whole", "rows", bank_trail),
    Invariant("ledger", "its chain is whole", "transfers", ledger_chain),
)
