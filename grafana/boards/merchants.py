"""What merchants see, and what they are told."""

from functools import partial

from grafana_foundation_sdk.builders.dashboard import Row
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
from grafana import house
from grafana.house import counted, lines, lines_of_log
from grafana.kinds import traces
from grafana.panels import Panel, Rows, levels, rates, seldom, spread, without

WHAT = (
    "How fresh the merchants' views are, whether their webhooks arrive, what one sells."
)
OF_IT = 'merchant_id=~"$merchant.*"'
DECIDED = f'{{service_name="payments"}} |= "payment.decided" | {OF_IT}'
WORRIES = (
    f'{{service_namespace="payscope"}} | {OF_IT} '
    '| detected_level=~"warn|error|fatal|critical"'
)
SPANS = (
    '{ resource.service.name = "gateway" && kind = server '
    '&& span.merchant.id =~ "$merchant.*" }'
)


def sold() -> Panel:
    about = "Payments decided for the merchant above, by verdict; counted from lines."
    by = "payment_verdict, payment_reason"
    panel = lines("Its payments", about, "reqps", stacked=True)
    expr = f"sum by ({by}) (rate({DECIDED} [$__auto]))"
    legend = "{{payment_verdict}} {{payment_reason}}"
    return panel.datasource(house.LOKI).with_target(counted(expr, legend))


def asked_for() -> Panel:
    about = "What the merchant above asked the gateway for; a click opens the trace."
    return traces("Its requests", about, SPANS)


def worried() -> Panel:
    about = "What any service warned of while it worked for the merchant above."
    panel = lines_of_log("Its warnings and errors", about, WORRIES)
    return panel.no_value("None: nothing went wrong for it.")


ROWS: Rows = {
    "One merchant": (sold, asked_for, worried),
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
    """All merchants, or the one whose id is typed; metrics do not know merchants apart."""
    made = house.board("payscope-merchants", "Merchants", WHAT).with_variable(
        house.text("merchant", "Merchant's id")
    )
    for title, panels in ROWS.items():
        made.with_row(Row(title))
        for panel in panels:
            made.with_panel(panel())
    return house.finished(made)
