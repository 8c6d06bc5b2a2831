"""Home: is it well, what is left of the promises, and where to look next."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.kit.server import DURATION
from apps.payments.signals import DECISIONS, EXPOSURE
from grafana import budgets, house
from grafana.house import asked, lines, number
from grafana.kinds import bars, words
from grafana.limits import kept, ruled, within
from grafana.panels import Panel, Rows, drawn, rates
from grafana.promql import legend, per_second, quantile, share, worst

from .alerts import firing

WHAT = "Is it well? What is left of the promises, what fires, who pays, where to go."
GATEWAY = 'service_name="gateway"'
FAILED = 'http_response_status_code=~"5.."'
AUTHORISED = 'payment_verdict="authorised"'

WHERE = {
    "Is money moving, and who says no?": "payments",
    "One payment, by its id or TraceID": "payment",
    "One service: rate, errors, duration": "services",
    "Who calls whom": "map",
    "Are promises kept, how fast do budgets go?": "slos",
    "What fires, and what was told of it": "alerts",
    "Breakers, retries, shedding, deadlines": "resilience",
    "Events, outbox, dead letters": "messages",
    "Captures, settlement, sagas": "later",
    "The ledger, and do the books fit?": "books",
    "Merchants, webhooks": "merchants",
    "Calls, queries, jobs inside": "inside",
    "Does telemetry arrive?": "pipeline",
    "Event loops, memory, PostgreSQL, NATS": "runtime",
    "A load run, from both sides": "load",
}


def serving() -> Panel:
    about = "Share of calls at the gateway that were answered, and not with a 5xx."
    whole = per_second(DURATION, where=GATEWAY)
    bad = share(per_second(DURATION, where=f"{GATEWAY}, {FAILED}"), whole)
    panel = number("Answered", about, "percentunit", f"1 - {bad}")
    return panel.thresholds(kept("gateway-availability"))


def authorised() -> Panel:
    about = "Share of decided payments that were authorised."
    part = per_second(DECISIONS, where=AUTHORISED)
    whole = per_second(DECISIONS)
    return number("Authorised", about, "percentunit", share(part, whole))


def waited() -> Panel:
    about = "99 of 100 callers of the gateway waited less."
    asking = quantile(0.99, DURATION, where=GATEWAY)
    panel = number("Slowest", about, "s", asking)
    return panel.thresholds(within("gateway-latency"))


def owed() -> Panel:
    about = "Accepted in the bank's stead and not yet put to it: money at risk."
    return number("At risk", about, "currencyEUR", f"{worst(EXPOSURE)} / 100")


def fires() -> Panel:
    """As on the board of alerts, in less room: mostly there is nothing."""
    return firing().height(house.HEIGHT // 2)


def left() -> Panel:
    about = (
        "What is left of each promise's budget, of the last three days: red is a "
        "quarter, and nothing risky should be begun."
    )
    asking = {name: budgets.left(name) for name in budgets.BURNT}
    return bars("Budgets left", about, asking)


def answers() -> Panel:
    about = "How long callers wait at the gateway; a dot leads to its trace."
    panel = ruled(lines("Waits", about, "s"), within("gateway-latency"))
    for name, part in {"p50": 0.5, "p99": 0.99}.items():
        told = quantile(part, DURATION, where=GATEWAY)
        panel.with_target(asked(told, name, exemplars=True))
    return panel


def troubles() -> Panel:
    about = "Answers of 5xx, by who gave them."
    panel = lines("Errors", about, "reqps", stacked=True).no_value("No errors.")
    expr = per_second(DURATION, "service.name", where=FAILED)
    return panel.with_target(asked(expr, legend("service.name")))


def ways() -> Panel:
    about = "Every board, by the question that it answers."
    said = "\n".join(
        f"- [{question}](/d/payscope-{name})" for question, name in WHERE.items()
    )
    return words("Where to go", about, said)


ROWS: Rows = {
    "Is it well?": (serving, authorised, waited, owed, fires),
    "Promises": (left, ways),
    "Traffic": (
        partial(
            rates,
            "Verdicts",
            "Payments decided, by verdict and reason.",
            DECISIONS,
            "payment.verdict",
            "payment.reason",
            unit="reqps",
        ),
        answers,
        troubles,
        partial(
            rates,
            "Calls",
            "HTTP calls, by who answered.",
            DURATION,
            "service.name",
            unit="reqps",
        ),
    ),
}


def home() -> Dashboard:
    return drawn("payscope-home", "Home", WHAT, ROWS)
