"""The full scenario: makes happen on a stack, in two minutes, what can be made to happen.

Customers of all kinds pay, rush and err; services, the broker, the database and the
collector are away for a while; operators hold breakers and rebuild views; the books are
checked. The stack needs its fault proxy and its probe.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from native.backends import PLAIN, Unanswered, until
from native.faults import Faults
from native.gateway import Gateway, order
from native.paths import ROOT, Instance
from native.ports import Ports
from native.supervise import Supervisor
from native.tokens import OPS, Bearing

VIEWS = ("payment_view", "merchant_day", "balance_view", "card_flag")
LOAD_S = 60
FRAUD_AWAY_S, BANK_AWAY_S, SETTLES_S = 6.0, 14.0, 15.0
STOPPED = {"fraud": 3.0, "otelcol": 6.0, "nats": 4.0, "postgres": 5.0}
"""For how many seconds each process is not there."""
ALERT_S = 15
STARTS_WITHIN_S = 30.0
"""Until the first customer is answered."""
SHOP_ALONE = 15_000
"""In cents: the bank is asked, and without it the shop may decide."""
HURRY = {"Request-Timeout-Ms": "700"}
"""Less than the bank is given for one answer, and more than all else takes."""
CLOSES_WITHIN_S = 30.0
"""Until a breaker that was held, or had to open, is closed again."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """On one instance."""

    instance: str
    ports: Ports

    def play(self) -> None:
        """Everything, one after another, while customers pay."""
        with self._customers("mixed", LOAD_S):
            self._alert()
            self._operators()
            self._away("fraud", FRAUD_AWAY_S)
            self._away("bank", BANK_AWAY_S)
            self._away("notifications", 3.0)
            for process, seconds in STOPPED.items():
                self._without(process, seconds)
        with self._customers("hostile", LOAD_S / 3):
            self._retries()
        self._strangers()
        self._auditor()
        time.sleep(SETTLES_S)

    @contextmanager
    def _customers(self, scenario: str, seconds: float) -> Iterator[None]:
        """Theirs is not to be judged here: faults are there on purpose."""
        words = [
            "--scenario",
            scenario,
            "--users",
            "10",
            "--minutes",
            f"{seconds / 60}",
        ]
        before = self._histories()
        paying = subprocess.Popen(  # noqa: S603  (our own program)
            [sys.executable, "-m", "loadtests", "--instance", self.instance, *words],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            until(lambda: self._histories() - before, within=STARTS_WITHIN_S)
            yield
        finally:
            paying.wait(timeout=180)

    def _histories(self) -> set[Path]:
        """Those of load runs, where anybody was answered already."""
        files = Instance(self.instance).home.glob("loads/*/history*.jsonl")
        return {file for file in files if file.stat().st_size}

    def _away(self, service: str, seconds: float) -> None:
        """First late, then unreachable; somebody looks at a payment meanwhile.

        Who is asked while late is asked at all: its breaker is closed as that begins.
        """
        faults = Faults(self.ports)
        until(lambda: not self._opened(service), within=CLOSES_WITHIN_S)
        with Gateway(self.ports.url("GATEWAY_PORT")) as gateway:
            known = gateway.pay(SHOP_ALONE).json().get("payment_id")
            with faults.slow(service, 5):
                self._look(gateway, known, seconds / 2)
            with faults.down(service):
                self._look(gateway, known, seconds / 2)

    def _without(self, process: str, seconds: float) -> None:
        """It is stopped as one stops it, and comes back."""
        supervisor = Supervisor.of(self.instance)
        supervisor.stop(process)
        time.sleep(seconds)
        supervisor.start(process)

    def _alert(self) -> None:
        """One that nobody need look at: Alertmanager says that it fires, and is over."""
        ends = datetime.now(UTC) + timedelta(seconds=ALERT_S)
        alert = {
            "labels": {
                "alertname": "FullScenario",
                "severity": "page",
                "service_name": "fraud",
            },
            "annotations": {"summary": "The full scenario is played."},
            "endsAt": ends.isoformat(),
        }
        url = self.ports.url("ALERTMANAGER_PORT")
        with httpx.Client(base_url=url, verify=PLAIN, trust_env=False) as http:
            http.post("/api/v2/alerts", json=[alert])

    @staticmethod
    def _look(gateway: Gateway, payment: str | None, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            with suppress(Unanswered):
                gateway.send(json=order(SHOP_ALONE), headers=HURRY)
                gateway.send("GET", f"/api/v1/payments/{payment}/view")
                gateway.pay(SHOP_ALONE)
                gateway.send("GET", "/api/v1/pos")

    def _strangers(self) -> None:
        """No token, and more questions than one address may ask: they come last."""
        url = self.ports.url("GATEWAY_PORT")
        with httpx.Client(base_url=url, verify=PLAIN, trust_env=False) as http:
            http.get("/api/v1/payments")
            http.post("/oauth/token", data={"grant_type": "password"})
            for _ in range(150):
                http.post("/oauth/token", data={"grant_type": "client_credentials"})

    def _operators(self) -> None:
        with self._house() as http:
            for name in ("bank", "fraud"):
                wish = {"for_s": 5, "reason": "the full scenario"}
                http.put(f"/api/v1/ops/breakers/{name}", json={"state": "open", **wish})
                http.put(f"/api/v1/ops/breakers/{name}", json={"state": "auto", **wish})
            level = {"level": "debug", "for_s": 60, "reason": "the full scenario"}
            http.put("/api/v1/ops/log-level", json=level)
            for view in VIEWS:
                http.post(f"/api/v1/ops/projections/{view}/rebuild")

    def _opened(self, service: str) -> list[str]:
        """The replicas whose breaker does not let through whoever asks that service."""
        with self._house() as http:
            told = http.get("/api/v1/ops/breakers").json()["breakers"]
        return [
            each["replica"]
            for each in told
            if each["name"] == service and each["state"] != "closed"
        ]

    def _retries(self) -> None:
        """Whatever steps are stuck, somebody has them tried again."""
        with self._house() as http:
            stuck: list[dict[str, Any]] = http.get("/api/v1/ops/steps").json()
            for each in stuck[:3]:
                step = f"{each['payment_id']}/{each['step']}"
                http.post(f"/api/v1/ops/steps/{step}/retry")

    def _house(self) -> httpx.Client:
        url = self.ports.url("GATEWAY_PORT")
        return httpx.Client(
            base_url=url,
            auth=Bearing(OPS, url),
            verify=PLAIN,
            trust_env=False,
            timeout=10,
        )

    def _auditor(self) -> None:
        inside = [sys.executable, "-m", "native", "run", "--instance", self.instance]
        subprocess.run(  # noqa: S603  (our own program)
            [*inside, "--", sys.executable, "-m", "apps.verify"],
            cwd=ROOT,
            check=False,
            stdout=subprocess.DEVNULL,
        )
