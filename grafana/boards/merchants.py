"""What merchants see, and what they are told."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.backoffice.signals import LAG, POSITION, PROJECTED, REBUILD, REBUILT
from apps.notifications.signals import (
    ATTEMPTS,
    DELAY,
    DURATION,
    OLDEST,
    PENDING,
    RECORDED,
)
from grafana.panels import Rows, drawn, levels, rates, seldom, spread, without

WHAT = "How fresh the merchants' views are, and whether their webhooks arrive."

ROWS: Rows = {
    "Views": (
        partial(
            levels,
            "Lag",
            "How long the oldest event waits that a view does not hold yet.",
            LAG,
            "projection.name",
            unit="s",
        ),
        partial(
            rates,
            "Events in the views",
            "Events that reached the back office, by what they say of the payment.",
            PROJECTED,
            "payment.status",
        ),
        partial(
            levels,
            "Position",
            "The newest event of the stream that a view holds: the lines lie together.",
            POSITION,
            "projection.name",
            share=3,
        ),
        partial(
            seldom,
            "Rebuilt",
            "Views that were made anew from the stream.",
            REBUILT,
            "projection.name",
            share=3,
        ),
        partial(
            without,
            "Never.",
            partial(
                spread,
                "Rebuilding takes",
                "From the first event read again to the last view replaced.",
                REBUILD,
                share=3,
            ),
        ),
    ),
    "Webhooks": (
        partial(
            rates,
            "Attempts",
            "Webhooks tried: delivered, failed (another attempt follows) or dead.",
            ATTEMPTS,
            "webhook.outcome",
            "webhook.status_class",
        ),
        partial(
            rates,
            "Notifications",
            "What merchants are to be told, by event.",
            RECORDED,
            "webhook.type",
        ),
        partial(
            levels,
            "Not delivered yet",
            "Notifications that are neither delivered nor given up.",
            PENDING,
        ),
        partial(
            levels,
            "The oldest waits",
            "Age of the oldest notification that waits for its delivery.",
            OLDEST,
            unit="s",
        ),
        partial(
            spread,
            "Merchants answer after",
            "From a webhook's first byte to the merchant's answer.",
            DURATION,
        ),
        partial(
            spread,
            "Delivered after",
            "From recording a notification to its delivery, all attempts included.",
            DELAY,
        ),
    ),
}


def merchants() -> Dashboard:
    return drawn("payscope-merchants", "Merchants", WHAT, ROWS)
