"""Every alert is seen to fire in the scenario that it is for, and to be over after it.

Seen where people look: in the back office, which had it from Alertmanager, which had it
from Prometheus. Scenarios that do not disturb each other run side by side. `make
alerts-drill` runs all of them; a test run the first wave alone.
"""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from prometheus import alerts, slo
from tests.alerts import hurting
from tests.chaos.rows import Row

IS_WHOLE = os.environ.get("ALERTS_DRILL") == "all"
WITHIN_S = 120.0
OVER_WITHIN_S = 200.0


@dataclass(frozen=True)
class Scenario:
    fault: str
    hurt: Callable[..., AbstractContextManager[Any]]
    alerts: tuple[str, ...]
    needs_history: bool = False


def stopped(name: str) -> Callable[..., AbstractContextManager[Any]]:
    return partial(hurting.no_service, name=name)


FIRST = [
    Scenario(
        "the bank answers 0.4 s late",
        hurting.slow_bank,
        ("BankSlow", "PaymentsSlow", "GatewaySlow"),
    ),
    Scenario("notifications is stopped", stopped("notifications"), ("ServiceSilent",)),
    Scenario("a letter lies among the dead", hurting.dead_letter, ("DeadLetters",)),
    Scenario("a replica's clock is 60 s ahead", hurting.wrong_clock, ("ClockSkew",)),
    Scenario(
        "a program tells a card number in a line",
        hurting.leaked_card,
        ("CardNumberMasked",),
    ),
    Scenario(
        "lines of last month are sent, 200 a second",
        hurting.lines_too_old,
        ("LogsRefused", "TelemetryLost"),
    ),
    Scenario(
        "a till remembers a payment that the books lack",
        hurting.books_that_lack_a_payment,
        ("BooksWrong",),
        needs_history=True,
    ),
]
WAVES = {
    "many at once": FIRST,
    "without a bank": [
        Scenario(
            "the bank is away",
            hurting.no_bank,
            ("StandInActive", "SagaStuck", "UndecidedPayments"),
        ),
        Scenario(
            "payments may not take events out of its outbox",
            hurting.stuck_outbox,
            ("OutboxStuck",),
        ),
        Scenario(
            "Loki is away, and much is told",
            hurting.no_loki,
            ("TelemetryDown", "TelemetryQueueFull"),
        ),
    ],
    "nothing can be written": [
        Scenario(
            "the table of payments is locked",
            hurting.locked_payments,
            ("PaymentsFail", "GatewayFails"),
        )
    ],
    "without a gateway": [
        Scenario("the gateway is stopped", stopped("gateway"), ("ProbeFails",))
    ],
    "without NATS": [Scenario("NATS is stopped", stopped("nats"), ("NatsDown",))],
    "without PostgreSQL": [
        Scenario("PostgreSQL is stopped", stopped("postgres"), ("PostgresDown",))
    ],
}
PATIENCE_S = {"without a bank": 200.0}
"""Two of its alerts are for what has lasted 120 s."""


def test_every_alert_has_a_scenario():
    drilled = {name for wave in WAVES.values() for each in wave for name in each.alerts}

    promised = {each.alert for each in slo.load().slos if each.alert}
    assert drilled == promised | {each.name for each in alerts.load()}


@pytest.mark.parametrize("name", WAVES if IS_WHOLE else list(WAVES)[:1])
def test_it_fires_and_is_over(name, stack, folder, quick, history, watch):
    wave = WAVES[name]
    names = [alert for each in wave for alert in each.alerts]
    rows = {
        alert: Row(f"{alert}", each.fault) for each in wave for alert in each.alerts
    }
    watch.until_over(names, OVER_WITHIN_S)
    before = watch.firing()
    watch.fired.clear()
    watch.over.clear()

    try:
        with ExitStack() as hurts:
            for each in wave:
                also = {"history": history} if each.needs_history else {}
                for alert in each.alerts:
                    hurts.enter_context(rows[alert].injected())
                hurts.enter_context(each.hurt(stack, **also))
            watch.until_fired(names, PATIENCE_S.get(name, WITHIN_S))
            known = watch.known()
        watch.until_over(names, OVER_WITHIN_S)
    finally:
        for alert, row in rows.items():
            _write(row, alert, watch, locals().get("known", {}), quick, folder)

    assert before.isdisjoint(names), "fired before anything was wrong"
    assert set(names) - watch.fired.keys() == set(), "did not fire"
    assert set(names) - watch.over.keys() == set(), "is not over"


def _write(row, alert, watch, known, quick, folder):
    row.detected(watch.fired.get(alert))
    if alert in watch.over:
        row.recovered(watch.over[alert])
    since = known.get(alert)
    row.counts = {
        "rules": "a tenth of their windows" if alert in quick else "as they are",
        "fires in Prometheus after": f"{since - row.began:.0f} s" if since else "-",
    }
    if {alert} <= watch.fired.keys() & watch.over.keys():
        row.verdict = "passed"
    row.write(folder)
