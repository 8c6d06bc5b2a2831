"""Services: rate, errors and duration of any of them, down to traces and lines."""

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.kit import http, queries
from apps.kit.runtime import RECORDS
from apps.kit.server import DURATION
from grafana import house
from grafana.house import asked, lines, lines_of_log, number
from grafana.kinds import heat, listed, traces
from grafana.limits import failed, promised, ruled, within
from grafana.panels import QUANTILES, Panel, rates
from grafana.promql import per_second, quantile, share

WHAT = (
    "Any service: how much it is asked, how much fails, how long it takes, and on whom."
)
HERE = 'service_name=~"$service", service_instance_id=~"$instance"'
FAILED = f'{HERE}, http_response_status_code=~"5.."'
LOG = '{service_namespace="payscope", service_name=~"$service"}'
LOUD = f'{LOG} | detected_level=~"warn|error|fatal|critical"'
SERVING = f'{DURATION.promql}_count{{service_name!=""}}'
CALLS = 'traces_service_graph_request_total{client=~"$service"}'
WAITS = "traces_service_graph_request_client_seconds"
SPANS = 'resource.service.name =~ "$service" && kind = server'
QUESTION = "{{http_request_method}} {{http_route}}"


def rate_now() -> Panel:
    asking = per_second(DURATION, where=HERE)
    return number("Rate", "Requests answered, each second.", "reqps", asking)


def errors_now() -> Panel:
    about = "Share of the answers that were 5xx."
    whole = per_second(DURATION, where=HERE)
    asking = share(per_second(DURATION, where=FAILED), whole)
    panel = number("Errors", about, "percentunit", asking)
    return panel.thresholds(failed("gateway-availability"))


def duration_now() -> Panel:
    about = "99 of 100 requests were answered in less."
    panel = number("Duration", about, "s", quantile(0.99, DURATION, where=HERE))
    return panel.thresholds(within("gateway-latency"))


def replicas_now() -> Panel:
    about = "Replicas that tell of themselves."
    asking = (
        f"count(count by (service_instance_id) ({DURATION.promql}_count{{{HERE}}}))"
    )
    return number("Replicas", about, "short", asking).decimals(0)


def rate() -> Panel:
    about = "Requests answered, by replica."
    expr = per_second(DURATION, "service.instance.id", where=HERE)
    panel = lines("Rate by replica", about, "reqps", stacked=True)
    return panel.with_target(asked(expr, "{{service_instance_id}}"))


def statuses() -> Panel:
    about = "By the status of the answer: 4xx are the caller's, 5xx are ours."
    expr = per_second(DURATION, "http.response.status_code", where=HERE)
    panel = lines("Answers", about, "reqps", stacked=True)
    return panel.with_target(asked(expr, "{{http_response_status_code}}"))


def spread() -> Panel:
    about = "How many requests took how long: a second band is a second way through."
    buckets = f"{DURATION.promql}_bucket{{{HERE}}}"
    return heat(
        "Durations", about, f"sum by (le) (increase({buckets}[$__rate_interval]))"
    )


def quantiles() -> Panel:
    about = "How long requests take; a dot leads to its trace."
    panel = lines("Quantiles", about, "s", share=1)
    panel = ruled(panel, within("gateway-latency"))
    for name, part in QUANTILES.items():
        expr = quantile(part, DURATION, where=HERE)
        panel.with_target(asked(expr, name, exemplars=True))
    return panel


def routes() -> Panel:
    about = "Requests by route, as it is declared."
    expr = per_second(DURATION, "http.request.method", "http.route", where=HERE)
    panel = lines("Routes", about, "reqps", stacked=True)
    return panel.with_target(asked(expr, QUESTION))


def slowest_routes() -> Panel:
    about = "95 of 100 requests to a route took less; the ten slowest."
    part = quantile(0.95, DURATION, "http.request.method", "http.route", where=HERE)
    panel = lines("Slowest routes", about, "s")
    return panel.with_target(asked(f"topk(10, {part})", QUESTION))


def failing_routes() -> Panel:
    about = "Answers of 5xx, by route and the kind of error."
    expr = per_second(DURATION, "http.route", "error.type", where=FAILED)
    panel = lines("Failing routes", about, "reqps", share=1, stacked=True)
    legend = "{{http_route}} {{error_type}}"
    return panel.no_value("No errors.").with_target(asked(expr, legend))


def dependencies() -> Panel:
    about = "Whom it calls and how often now, databases and topics too."
    expr = f"sum by (server, connection_type) (rate({CALLS}[$__rate_interval])) > 0"
    return listed("Depends on", about, "reqps", expr)


def dependency_waits() -> Panel:
    about = "95 of 100 calls to each of them had an answer in less."
    buckets = f'{WAITS}_bucket{{client=~"$service"}}'
    inner = f"sum by (le, server) (rate({buckets}[$__rate_interval]))"
    panel = lines("Waits for others", about, "s")
    return panel.with_target(asked(f"histogram_quantile(0.95, {inner})", "{{server}}"))


def calls() -> Panel:
    about = "Calls over HTTP that it makes, by what came of them."
    split = ("http.response.status_code", "error.type")
    expr = per_second(http.DURATION, *split, where=HERE)
    panel = lines("Calls made", about, "reqps", stacked=True)
    legend = "{{http_response_status_code}} {{error_type}}"
    return panel.no_value("It calls nobody.").with_target(asked(expr, legend))


def queried() -> Panel:
    about = "95 of 100 of a query took less; the ten slowest."
    part = quantile(0.95, queries.DURATION, "db.query.summary", where=HERE)
    panel = lines("Queries", about, "s").no_value("It has no database.")
    return panel.with_target(asked(f"topk(10, {part})", "{{db_query_summary}}"))


def slow_traces() -> Panel:
    about = "Requests that took more than a quarter of a second, the promise."
    slow = f"{{ {SPANS} && duration > {promised('gateway-latency')} }}"
    return traces("Slow traces", about, slow)


def failed_traces() -> Panel:
    about = "Requests that were answered with a 5xx, or not at all."
    return traces("Failed traces", about, f"{{ {SPANS} && status = error }}")


def volume() -> Panel:
    about = "Lines each second, by level; a burst is worth a look."
    return rates(
        "Lines by level", about, RECORDS, "log.level", unit="cps", share=1, where=HERE
    )


def worries() -> Panel:
    about = (
        "Warning: we coped. Error: somebody must look. A TraceID leads to the trace."
    )
    return lines_of_log("Warnings and errors", about, LOUD).no_value("None.")


ROWS = {
    "Now": (rate_now, errors_now, duration_now, replicas_now),
    "Requests": (rate, statuses, spread, quantiles),
    "Routes": (routes, slowest_routes, failing_routes),
    "Depends on": (dependencies, dependency_waits, calls, queried),
    "Traces": (slow_traces, failed_traces),
    "Lines": (volume, worries),
}


def services() -> Dashboard:
    """All services, or those that are chosen, or some of their replicas."""
    made = (
        house.board("payscope-services", "Services", WHAT)
        .with_variable(
            house.choice("service", "Service", f"label_values({SERVING}, service_name)")
        )
        .with_variable(
            house.choice(
                "instance",
                "Replica",
                f'label_values({DURATION.promql}_count{{service_name=~"$service"}}, '
                "service_instance_id)",
            )
        )
        .link(house.door("Who calls whom", "payscope-map"))
        .link(house.door("Inside", "payscope-inside"))
    )
    for title, panels in ROWS.items():
        made.with_row(Row(title))
        for panel in panels:
            made.with_panel(panel())
    return house.finished(made)
