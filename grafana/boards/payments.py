"""Payments overview: is money moving, how fast, and who says no."""

from collections.abc import Callable

from grafana_foundation_sdk.builders.dashboard import Row
from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.backoffice.signals import PROJECTED
from apps.bank.signals import AUTHORISATIONS
from apps.fraud.signals import ASSESSMENTS, COUNTED, FLAGGED
from apps.kit.outbox import LAG, PUBLISHED
from apps.kit.runtime import RECORDS
from apps.kit.server import DURATION
from apps.notifications.signals import RECORDED
from apps.payments.signals import AGAIN, BANK_WAIT, DECISIONS, MOVEMENTS, SCREENINGS
from apps.probe import signals as probe
from grafana import house
from grafana.house import asked, lines, number
from grafana.limits import within
from grafana.panels import QUANTILES, Panel, rates, spread
from grafana.promql import per_second, quantile, share

from .funnel import amounts, exposed, funnel, slow

GATEWAY = 'service_name="gateway"'
CHOSEN = 'service_name=~"$service"'
FAILED = 'http_response_status_code=~"5.."'
AUTHORISED = 'payment_verdict="authorised"'
HEARD = {"fraud": COUNTED, "back office": PROJECTED, "notifications": RECORDED}
LOG = f'{{service_namespace="payscope", {CHOSEN}}}'


def payments() -> Dashboard:
    """The board as it is read: from the till to the log."""
    services = "label_values(traces_spanmetrics_calls_total, service_name)"
    made = (
        house.board("payscope-payments", "Payments overview", WHAT)
        .with_variable(house.choice("service", "Service", services))
        .with_variable(house.text("trace", "TraceID"))
    )
    for title, panels in ROWS.items():
        made.with_row(Row(title))
        for panel in panels:
            made.with_panel(panel())
    return house.finished(made)


def decided_now() -> Panel:
    return number("Payments", "Decided per second.", "reqps", per_second(DECISIONS))


def authorised_now() -> Panel:
    about = "Share of decided payments that were authorised."
    part = per_second(DECISIONS, where=AUTHORISED)
    return number(
        "Authorised", about, "percentunit", share(part, per_second(DECISIONS))
    )


def slowest_now() -> Panel:
    about = "99 of 100 callers waited less than this."
    asking = quantile(0.99, DURATION, where=GATEWAY)
    return number("Gateway p99", about, "s", asking).thresholds(
        within("gateway-latency")
    )


def failing_now() -> Panel:
    about = "Share of calls answered with 5xx."
    part = per_second(DURATION, where=f"{GATEWAY}, {FAILED}")
    whole = per_second(DURATION, where=GATEWAY)
    return number("Gateway failures", about, "percentunit", share(part, whole))


def verdicts() -> Panel:
    split = per_second(DECISIONS, "payment.verdict", "payment.reason")
    about = "Decided, by verdict and reason."
    return lines("Verdicts", about, "reqps", stacked=True).with_target(
        asked(split, "{{payment_verdict}} {{payment_reason}}")
    )


def who_decided() -> Panel:
    split = per_second(DECISIONS, "payment.mode", "payment.source")
    about = "By mode and source; FALLBACK means that the bank was silent."
    return lines("Who decided", about, "reqps", stacked=True).with_target(
        asked(split, "{{payment_mode}} {{payment_source}}")
    )


def bank_wait() -> Panel:
    panel = lines("Bank wait", "How long payments waited for the bank.", "s")
    for name, part in QUANTILES.items():
        panel.with_target(asked(quantile(part, BANK_WAIT), name, exemplars=True))
    return panel


def bank_answers() -> Panel:
    split = per_second(AUTHORISATIONS, "bank.verdict")
    return lines("Bank", "Authorisations answered by the bank.", "reqps").with_target(
        asked(split, "{{bank_verdict}}")
    )


def again() -> Panel:
    about = "Orders that came again under their idempotency key, and what they got."
    return rates("Orders again", about, AGAIN, "idempotency.outcome", unit="reqps")


def moved() -> Panel:
    about = "Captures, voids and refunds; a void's reason says who wanted it."
    return rates("Movements", about, MOVEMENTS, "movement.kind", "void.reason")


def screened() -> Panel:
    about = "Whether fraud said in time what it thinks of the card, and what that was."
    return rates(
        "Screenings", about, SCREENINGS, "fraud.checked", "card.status", share=3
    )


def assessed() -> Panel:
    about = "Cards assessed before a payment is authorised, by the answer."
    return lines("Assessments", about, "reqps", share=3, stacked=True).with_target(
        asked(per_second(ASSESSMENTS, "card.status"), "{{card_status}}")
    )


def flagged() -> Panel:
    about = "Cards whose status changed, by the status that they have now."
    return (
        lines("Cards flagged", about, "eps", share=3)
        .no_value("Never.")
        .with_target(asked(per_second(FLAGGED, "card.status"), "{{card_status}}"))
    )


def latency() -> Panel:
    about = "What callers wait; a dot leads to its trace."
    panel = lines("Gateway latency", about, "s", share=3)
    for name, part in QUANTILES.items():
        expr = quantile(part, DURATION, where=GATEWAY)
        panel.with_target(asked(expr, name, exemplars=True))
    return panel


def traffic() -> Panel:
    split = per_second(DURATION, "service.name", where=CHOSEN)
    return lines(
        "Traffic", "HTTP calls, by who answered.", "reqps", share=3
    ).with_target(asked(split, "{{service_name}}"))


def errors() -> Panel:
    split = per_second(DURATION, "service.name", where=f"{CHOSEN}, {FAILED}")
    about = "Answers of 5xx, by who gave them."
    return (
        lines("Errors", about, "reqps", share=3)
        .no_value("No errors.")
        .with_target(asked(split, "{{service_name}}"))
    )


def outbox_lag() -> Panel:
    panel = lines("Outbox lag", "From a decision to its event on the stream.", "s")
    for name, part in QUANTILES.items():
        panel.with_target(asked(quantile(part, LAG), name, exemplars=True))
    return panel


def events() -> Panel:
    about = "Payments' events sent and heard: by all, but fraud counts decisions alone."
    panel = lines("Events", about, "eps")
    sent = per_second(PUBLISHED, where='messaging_destination_name=~"pay.v1.payment.*"')
    panel.with_target(asked(sent, "sent"))
    for who, signal in HEARD.items():
        panel.with_target(asked(per_second(signal), who))
    return panel


def probed() -> Panel:
    about = "What came of the probe's own payments, which no other panel contains."
    return rates("Probe", about, probe.PAYMENTS, "probe.outcome", "probe.path")


def probe_waits() -> Panel:
    about = (
        "What the probe waits for its answer, as a client; a dot leads to its trace."
    )
    return spread("Probe's wait", about, probe.DURATION)


def worries() -> Panel:
    about = "Warning: we coped. Error: somebody must look."
    worse = f'{RECORDS.promql}{{{CHOSEN}, log_level=~"warning|error"}}'
    expr = f"sum by (service_name, log_level) (rate({worse}[$__rate_interval])) > 0"
    panel = lines("Warnings and worse", about, "cps", share=1).no_value("None.")
    return panel.with_target(asked(expr, "{{service_name}} {{log_level}}"))


def log() -> Panel:
    about = "The chosen services' lines; with a TraceID above, that payment's only."
    return house.lines_of_log("Log", about, f'{LOG} | trace_id=~"$trace.*"')


WHAT = "Is money moving, how fast, and who says no."
ROWS: dict[str, tuple[Callable[[], Panel], ...]] = {
    "Now": (decided_now, authorised_now, slowest_now, failing_now),
    "Decisions": (verdicts, who_decided, bank_wait, bank_answers),
    "From order to money": (funnel, amounts, exposed, slow),
    "Movements": (moved, again),
    "Fraud": (screened, assessed, flagged),
    "Calls": (latency, traffic, errors),
    "Events": (outbox_lag, events),
    "From outside": (probed, probe_waits),
    "Log": (worries, log),
}
