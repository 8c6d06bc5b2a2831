"""Messages: what waits to leave, how it is heard, what died."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.fraud.signals import COUNTED
from apps.kit.burying import DEAD
from apps.kit.burying import DEPTH as LETTERS
from apps.kit.delivery import DURATION, REPLAYED
from apps.kit.inbox import DUPLICATES
from apps.kit.outbox import DEPTH, LAG, OLDEST, PUBLISHED
from grafana.panels import Rows, drawn, levels, rates, seldom, slowest, spread

WHAT = "From an outbox to the effect elsewhere, and what never got there."
HEARER = "messaging.consumer.group.name"
SUBJECT = "messaging.destination.name"

ROWS: Rows = {
    "Leaving": (
        partial(
            levels,
            "Outbox depth",
            "Events that wait to leave; it grows while the broker is away.",
            DEPTH,
            "service.name",
        ),
        partial(
            levels,
            "The oldest waits",
            "Age of the oldest event that waits in an outbox.",
            OLDEST,
            "service.name",
            unit="s",
        ),
        partial(
            rates, "Published", "Events that left, by subject.", PUBLISHED, SUBJECT
        ),
        partial(
            spread,
            "Outbox lag",
            "From an event's transaction to its acknowledgement by the stream.",
            LAG,
        ),
    ),
    "Heard": (
        partial(
            rates, "Heard", "Messages processed, by who hears them.", DURATION, HEARER
        ),
        partial(
            slowest,
            "Slowest hearers",
            "95 of 100 messages were processed in less.",
            DURATION,
            HEARER,
        ),
        partial(
            seldom,
            "Heard again",
            "Events that came again and were dropped: no effect took place twice.",
            DUPLICATES,
            HEARER,
        ),
        partial(
            rates, "Cards counted", "Decided payments that fraud counted.", COUNTED
        ),
    ),
    "Dead letters": (
        partial(
            levels,
            "Waiting",
            "Dead letters that wait for a replay: `make dlq` lists them.",
            LETTERS,
            HEARER,
            share=3,
        ),
        partial(
            seldom,
            "Died",
            "Messages that were given up, by who could not take them and why.",
            DEAD,
            HEARER,
            "error.type",
            share=3,
        ),
        partial(
            seldom,
            "Replayed",
            "Dead letters that came back to their hearer.",
            REPLAYED,
            HEARER,
            share=3,
        ),
    ),
}


def messages() -> Dashboard:
    return drawn("payscope-messages", "Messages", WHAT, ROWS)
