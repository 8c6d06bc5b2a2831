"""One payment: its trace, what happened to it, its lines; by its id or a TraceID."""

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana import house
from grafana.house import counted, lines, lines_of_log
from grafana.kinds import trace, traces, words
from grafana.panels import Panel

WHAT = "One payment, by its id or a TraceID: traces, what happened to it, its lines."
HELP = """
Type a payment's id (`01a205b8-dc93-71c8-…`) or a TraceID (32 hexadecimal digits) above.

- By **payment id** you see all that ever happened to it: the order, what followed by
  events, captures, webhooks, each with its trace.
- By **TraceID** you see that one request, whole. An answer of the gateway has it in its
  `Trace-Id` header, each log line and each exemplar has one. If a caller of yours chose one
  that begins with zeros, leave those away to find it among traces.
"""
NAMES_IT = '(payment_id!="" and payment_id="$id") or (trace_id!="" and trace_id="$id")'
"""While nothing is typed no line does, also of those that name no payment."""
OF_IT = f'{{service_namespace="payscope"}} | {NAMES_IT}'
DEEDS = f'{{service_name="payments"}} |~ "^(payment|saga|hold|order)[.]" | {NAMES_IT}'
SPANS = '{ span.payment.id = "$id" || trace:id = "$id" }'


def help_() -> Panel:
    return words("How to find one", "What to type above.", HELP, share=1)


def found() -> Panel:
    about = "Every trace in which it was named: the order, and what followed."
    return traces("Its traces", about, SPANS, share=1)


def waterfall() -> Panel:
    about = "The spans of the TraceID above; of a payment's id, see its traces."
    return trace("Its trace", about, "$id")


def told() -> Panel:
    about = "Which service told of it, and when."
    expr = f"sum by (service_name) (count_over_time({OF_IT} [$__auto]))"
    panel = lines("Who told of it", about, "short", share=1, stacked=True)
    panel.datasource(house.LOKI).no_value("Nobody has told of it: is the id whole?")
    return panel.with_target(counted(expr, "{{service_name}}"))


def happened() -> Panel:
    about = "What payments did with it, step by step: decided, captured, refunded."
    return lines_of_log("What happened", about, DEEDS)


def said() -> Panel:
    about = "Every line of every service that names it."
    return lines_of_log("All its lines", about, OF_IT)


ROWS = {
    "Which one": (help_,),
    "Traces": (found, waterfall),
    "Lines": (told, happened, said),
}


def payment() -> Dashboard:
    made = house.board("payscope-payment", "One payment", WHAT).with_variable(
        house.text("id", "Payment id or TraceID")
    )
    for title, panels in ROWS.items():
        made.with_row(Row(title))
        for panel in panels:
            made.with_panel(panel())
    return house.finished(made)
