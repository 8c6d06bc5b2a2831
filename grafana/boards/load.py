"""Load test: what Locust saw, beside what the gateway and payments saw of the same."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.kit.server import DURATION as SERVED
from apps.kit.signals import Counter, Gauge, Histogram
from apps.payments.signals import DECISIONS
from grafana import house
from grafana.house import asked, lines
from grafana.panels import Panel, Rows, drawn, rates, seldom, slowest
from grafana.promql import legend, per_second, quantile, share, together
from loadtests.telemetry import figures

WHAT = "What Locust saw, beside what the gateway and payments saw of the same."

REQUESTS = Counter(
    figures.REQUESTS.name,
    unit=figures.REQUESTS.unit,
    about=figures.REQUESTS.about,
    by=figures.REQUESTS.by,
)
DURATION = Histogram(
    figures.DURATION.name,
    unit=figures.DURATION.unit,
    about=figures.DURATION.about,
    by=figures.DURATION.by,
)
USERS = Gauge(figures.USERS.name, unit=figures.USERS.unit, about=figures.USERS.about)

WHO = "service.name"
NOT_OK = 'load_result!="ok"'
SERVERS = ("gateway", "payments")
DOORS = {
    "Payments: is money moving": "payscope-payments",
    "Resilience: what ails": "payscope-resilience",
    "Inside: where the time goes": "payscope-inside",
}


def users() -> Panel:
    about = "Users that each load has; an open one is sent by one user per process."
    panel = lines("Users", about, "short")
    return panel.with_target(asked(together(USERS, WHO), legend(WHO)))


def rate() -> Panel:
    about = "The servers see more than the load asks: tokens, pages, one another."
    panel = lines("Requests a second", about, "reqps")
    panel.with_target(asked(per_second(REQUESTS, WHO), f"{legend(WHO)}: sent"))
    for name in SERVERS:
        panel.with_target(asked(per_second(SERVED, where=_of(name)), name))
    return panel


def latency(part: float, title: str) -> Panel:
    about = (
        "What is between the load and the gateway is the network, and Locust itself."
    )
    panel = lines(title, about, "s")
    told = quantile(part, DURATION, WHO)
    panel.with_target(asked(told, f"{legend(WHO)}: waited", exemplars=True))
    for name in SERVERS:
        expr = quantile(part, SERVED, where=_of(name))
        panel.with_target(asked(expr, name, exemplars=True))
    return panel


def failures() -> Panel:
    about = "Locust: wrong or no answers; the servers: 5xx, which a hurried caller asks for."
    panel = lines("Failures", about, "percentunit")
    wrong = per_second(REQUESTS, WHO, where=NOT_OK)
    told = share(wrong, per_second(REQUESTS, WHO))
    panel.with_target(asked(told, f"{legend(WHO)}: failed"))
    for name in SERVERS:
        whole = per_second(SERVED, where=_of(name))
        part = per_second(
            SERVED, where=f'{_of(name)}, http_response_status_code=~"5.."'
        )
        panel.with_target(asked(share(part, whole), name))
    return panel


def runs() -> Panel:
    about = "When runs began and ended, with what, and what became of their requests."
    return house.lines_of_log("Runs", about, house.RUNS).no_value(
        "No run yet: make load."
    )


def _of(name: str) -> str:
    return f'service_name="{name}"'


ROWS: Rows = {
    "From both sides": (
        users,
        rate,
        partial(latency, 0.5, "Half waited less"),
        partial(latency, 0.99, "99 of 100 waited less"),
        failures,
        partial(
            rates,
            "Verdicts",
            "What payments decided meanwhile, and why.",
            DECISIONS,
            "payment.verdict",
            "payment.reason",
            unit="reqps",
        ),
    ),
    "As the load saw it": (
        partial(
            rates,
            "Journeys",
            "Requests by the kind of user that made them.",
            REQUESTS,
            "load.journey",
            unit="reqps",
        ),
        partial(
            rates,
            "Results",
            "ok: the right answer, a refusal too; indeterminate: nobody knows yet.",
            REQUESTS,
            "load.result",
            unit="reqps",
        ),
        partial(
            slowest,
            "Slowest steps",
            "The p95 of the ten slowest steps of the journeys.",
            DURATION,
            "load.step",
        ),
        partial(
            seldom,
            "Failed steps",
            "Steps with wrong answers or none; the run's report has their traces.",
            REQUESTS,
            "load.step",
            "load.result",
            unit="reqps",
            where=NOT_OK,
        ),
        runs,
    ),
}


def load() -> Dashboard:
    return drawn("payscope-load", "Load test", WHAT, ROWS, DOORS)
