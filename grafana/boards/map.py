"""Service map: who calls whom, by HTTP, by event and by query; what fails between them."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.house import asked, lines
from grafana.kinds import graph, listed
from grafana.panels import Panel, Rows, drawn

WHAT = (
    "Who calls whom, by HTTP, by event and by query, how often, and what fails between."
)
DOORS = {"One service": "payscope-services", "Events": "payscope-messages"}

CALLS = "traces_service_graph_request_total"
FAILED = "traces_service_graph_request_failed_total"
WAITED = "traces_service_graph_request_server_seconds"
BY = "client, server, connection_type"
EDGE = "{{client}} → {{server}}"
EVENTS = 'connection_type="messaging_system"'


def who() -> Panel:
    about = (
        "Each service, database and caller, with its calls; red is the share that "
        "failed. A click on one leads to its figures and traces."
    )
    return graph("Who calls whom", about)


def edges() -> Panel:
    about = "Each way between two, and how often it is gone now."
    asking = f"sum by ({BY}) (rate({CALLS}[$__rate_interval])) > 0"
    return listed("Ways", about, "reqps", asking, share=1)


def failing() -> Panel:
    about = "Share of the calls between two that failed, as traces tell it."
    part = f"sum by (client, server) (rate({FAILED}[$__rate_interval]))"
    whole = f"sum by (client, server) (rate({CALLS}[$__rate_interval])) > 0"
    panel = lines("What fails", about, "percentunit").no_value("Nothing fails.")
    return panel.with_target(asked(f"{part} / {whole}", EDGE))


def slowest() -> Panel:
    about = "95 of 100 calls took the callee less; the ten slowest ways."
    inner = f"sum by (le, client, server) (rate({WAITED}_bucket[$__rate_interval]))"
    panel = lines("Slowest ways", about, "s")
    return panel.with_target(
        asked(f"topk(10, histogram_quantile(0.95, {inner}))", EDGE)
    )


def busiest() -> Panel:
    about = "Calls and queries each second; the ten busiest ways."
    inner = f"sum by (client, server) (rate({CALLS}[$__rate_interval]))"
    panel = lines("Busiest ways", about, "reqps")
    return panel.with_target(asked(f"topk(10, {inner})", EDGE))


def events() -> Panel:
    about = "Events heard each second, from who told them to who heard."
    inner = f"sum by (client, server) (rate({CALLS}{{{EVENTS}}}[$__rate_interval]))"
    panel = lines("Events", about, "eps", stacked=True)
    return panel.with_target(asked(inner, EDGE))


ROWS: Rows = {
    "The map": (who,),
    "Ways": (busiest, slowest, failing, events, edges),
}


def map_() -> Dashboard:
    return drawn("payscope-map", "Service map", WHAT, ROWS, DOORS)
