"""Alerts: what fires, how fast the promises' budgets go, and what was told of it."""

from functools import partial

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.backoffice.signals import ALERTS
from grafana.house import asked, lines, lines_of_log, states
from grafana.kinds import words
from grafana.panels import Panel, Rows, drawn, seldom, without
from prometheus import alerts as alarms
from prometheus import slo

WHAT = "What fires, how fast the promises' budgets go, and what was told of it."
NOTHING = "Nothing fires."
RUNBOOKS = "http://127.0.0.1:8080/runbooks"
"""Where the console draws docs/runbooks, wherever a board is read."""
SEVERITIES = {1: ("ticket", "yellow"), 2: ("page", "red")}
DOORS = {
    "Resilience: which dependency ails": "payscope-resilience",
    "Payments": "payscope-payments",
}

LEVEL = """max by (alertname, service_name) (
  2 * ALERTS{alertstate="firing", severity="page"}
  or ALERTS{alertstate="firing"}
)"""
SENT = "sum(rate(alertmanager_notifications_total[$__rate_interval]))"
LOST = "sum(rate(alertmanager_notifications_failed_total[$__rate_interval]))"
LINES = '{service_name="backoffice"} |~ "^alert[.](fired|resolved)$"'


def firing() -> Panel:
    """One bar for each that fires: yellow a ticket, red a page."""
    about = "What fires, for which service: each has a page in docs/runbooks."
    panel = states("What fires", about, SEVERITIES).no_value(NOTHING)
    way = DashboardLink("Runbook").url(f"{RUNBOOKS}/${{__field.labels.alertname}}")
    panel.data_links([way])
    return panel.with_target(asked(LEVEL, "{{alertname}} {{service_name}}"))


def runbooks() -> Panel:
    about = "What to do about each alert; the console has the pages."
    means = {each.name: each.meaning for each in alarms.load()} | {
        each.alert: each.meaning for each in slo.load().slos if each.alert
    }
    said = (f"- [{name}]({RUNBOOKS}/{name}): {means[name]}" for name in sorted(means))
    return words("Runbooks", about, "\n".join(said), share=1)


def burnt() -> Panel:
    about = "The share of bad events in the last hour; docs/alerts.md has what may be."
    panel = lines("Budgets", about, "percentunit")
    return panel.with_target(asked("slo:bad:ratio_rate1h", "{{slo}}"))


def sent() -> Panel:
    about = "Messages that Alertmanager sent, and those that nobody took."
    panel = lines("Sent", about, "eps").with_target(asked(SENT, "sent"))
    return panel.with_target(asked(LOST, "failed"))


ROWS: Rows = {
    "Now": (firing, runbooks),
    "Promises": (burnt, sent),
    "Told": (
        partial(
            seldom,
            "Fired, and over",
            "Alerts that the back office was told of, each once.",
            ALERTS,
            "alert.severity",
            "alert.status",
            share=1,
        ),
        partial(
            without,
            "Nothing was told.",
            partial(
                lines_of_log,
                "What was told",
                "One line when an alert fires, and one when it is over.",
                LINES,
            ),
        ),
    ),
}


def alerts() -> Dashboard:
    return drawn("payscope-alerts", "Alerts", WHAT, ROWS, DOORS)
