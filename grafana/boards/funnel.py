"""From an order to money: how many get how far, how much, and which were slow."""

from apps.payments.signals import DECISIONS, EXPOSURE, MOVEMENTS
from grafana import house
from grafana.house import asked, counted, lines
from grafana.kinds import traces
from grafana.limits import promised
from grafana.panels import Panel
from grafana.promql import per_second, worst

DECIDED = '{service_name="payments"} |= "payment.decided" | payscope_journey!="probe"'
STEPS = {
    "decided": per_second(DECISIONS),
    "authorised": per_second(DECISIONS, where='payment_verdict="authorised"'),
    "captured": per_second(MOVEMENTS, where='movement_kind="capture"'),
    "voided": per_second(MOVEMENTS, where='movement_kind="void"'),
    "refunded": per_second(MOVEMENTS, where='movement_kind="refund"'),
}
SHARES = {"half were less": 0.5, "95 of 100 were less": 0.95}


def funnel() -> Panel:
    about = "How many orders get how far; a gap that grows is money that does not come."
    panel = lines("From order to money", about, "reqps")
    for name, expr in STEPS.items():
        panel.with_target(asked(expr, name))
    return panel


def amounts() -> Panel:
    about = "What payments are worth, whatever the verdict, as their lines tell it."
    panel = lines("Amounts", about, "currencyEUR").datasource(house.LOKI)
    for name, share in SHARES.items():
        told = f"{DECIDED} | unwrap payment_amount [$__auto]"
        expr = f"max(quantile_over_time({share}, {told}) by (service_name)) / 100"
        panel.with_target(counted(expr, name))
    return panel


def exposed() -> Panel:
    about = "Accepted in the bank's stead and not yet put to it; 50,000 is the cap."
    panel = lines("Stand-in exposure", about, "currencyEUR")
    return panel.with_target(asked(f"{worst(EXPOSURE)} / 100", "at risk"))


def slow() -> Panel:
    about = "Orders that took more than a quarter of a second, the promise."
    return traces(
        "Slow payments",
        about,
        '{ resource.service.name = "payments" && name = "payments.pay"'
        f" && trace:duration > {promised('payment-latency')} }}",
    )
