"""Inside: calls between services, their queries, and what is done beside."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.console.signals import ASKED, MOVES, REFUSED
from apps.gateway.signals import FORWARDED
from apps.kit import database, http, jobs, queries, server
from grafana.panels import Rows, ages, drawn, levels, rates, seldom, slowest, without

WHAT = "Which call or query is slow, and which one fails; the work beside requests."

ROWS: Rows = {
    "Calls": (
        partial(
            rates,
            "Gateway",
            "Calls that the gateway passed on, by the status of their answer.",
            FORWARDED,
            "upstream.service",
            "http.response.status_code",
            unit="reqps",
        ),
        partial(
            slowest,
            "Slowest routes",
            "95 of 100 calls to a route were answered in less.",
            server.DURATION,
            "service.name",
            "http.route",
        ),
        partial(
            rates,
            "Calls made",
            "Calls between services, by who calls and what came of it.",
            http.DURATION,
            "service.name",
            "http.response.status_code",
            "error.type",
            unit="reqps",
        ),
        partial(
            slowest,
            "Slowest calls",
            "95 of 100 calls had their answer in less, by who calls.",
            http.DURATION,
            "service.name",
            "server.port",
        ),
    ),
    "Queries": (
        partial(
            rates,
            "Queries",
            "Queries made for traced callers, by database and failure.",
            queries.DURATION,
            "db.namespace",
            "error.type",
            unit="ops",
        ),
        partial(
            slowest,
            "Slowest queries",
            "95 of 100 of a query took less.",
            queries.DURATION,
            "db.namespace",
            "db.query.summary",
        ),
        partial(
            levels,
            "Connections",
            "Connections of a service to its database, by whether they are in use.",
            database.CONNECTIONS,
            "service.name",
            "db.client.connection.state",
        ),
        partial(
            seldom,
            "Waits in vain",
            "Whoever found no free connection within a second: the pool is too small.",
            database.BUSY,
            "service.name",
        ),
    ),
    "Work beside": (
        partial(
            rates,
            "Runs",
            "Runs of the work that is done again and again, by what came of it.",
            jobs.RUNS,
            "job.name",
            "job.outcome",
        ),
        partial(
            ages,
            "Last done",
            "Since when a job's work is undone; it grows while the job fails or hangs.",
            jobs.LAST_SUCCESS,
            "service.name",
            "job.name",
        ),
    ),
    "Console": (
        partial(
            seldom,
            "Used at the till",
            "What was done at the console's till, by what the gateway said.",
            MOVES,
            "console.move",
            "http.response.status_code",
        ),
        partial(
            without,
            "The console does not run.",
            partial(
                rates,
                "Asked by the console",
                "Questions for boards, searches and alerts, by whether there was an answer.",
                ASKED,
                "console.server",
                "console.answered",
            ),
        ),
        partial(
            without,
            "The console does not run.",
            partial(
                slowest,
                "Slowest answers to the console",
                "95 of 100 questions were answered in less, by who was asked.",
                ASKED,
                "console.server",
            ),
        ),
        partial(
            seldom,
            "Turned away by the console",
            "Requests under a foreign name, or from a page that is not the console's.",
            REFUSED,
        ),
    ),
}


def inside() -> Dashboard:
    return drawn("payscope-inside", "Inside", WHAT, ROWS)
