"""A running stack as the tests hold it: its ports, its faces, and how to break it."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from native.backends import TIMEOUT_S, Backend, Backends, client, until
from native.evidence import Span, whole
from native.gateway import Gateway
from native.paths import ROOT, Instance
from native.ports import Ports
from native.supervise import Supervisor
from native.tokens import OPS, Bearing
from tests.stack.cards import card, fresh_card

T = TypeVar("T")

CALLED = ("gateway", "payments", "bank")
HEARERS = ("fraud", "backoffice", "notifications")
SERVICES = (*CALLED, *HEARERS)
WITH_DATABASE = ("payments", "bank", *HEARERS)

EXPORT_S = 5.0
"""How often the services send their metrics."""

HEALS_WITHIN_S = 10.0
ANSWER_WITHIN_S = 3.0

STANDS_IN = ("authorised", "ACCEPTED", "delegation")
TOO_MUCH = ("declined", "AMOUNT_EXCEEDED", "delegation")


@dataclass(frozen=True, slots=True)
class Stack:
    """One instance, up."""

    instance: Instance
    ports: Ports
    gateway: Gateway
    backends: Backends
    supervisor: Supervisor

    def service(self, name: str, client_id: str = OPS) -> Backend:
        """A service's own face, past the gateway, asked by one of the house."""
        http = client(TIMEOUT_S)
        http.auth = Bearing(client_id, self.gateway.url)
        return Backend(self.ports.url(f"{name.upper()}_PORT"), http)

    def ask(self, name: str, path: str, **params: Any) -> Any:
        """What a service answers at its own face; Unanswered if that is an error."""
        with self.service(name) as face:
            return face.json(path, **params)

    def is_ready(self, name: str) -> bool:
        with Backend(self.ports.url(f"{name.upper()}_PORT")) as face:
            return face.get("/readyz").is_success

    def database(self, name: str) -> str:
        port = self.ports["POSTGRES_PORT"]
        return f"postgresql://{name}:{name}@127.0.0.1:{port}/{name}"

    def whole_trace(
        self, trace: str, *services: str, within: float = 15.0
    ) -> list[Span]:
        """The spans of a trace, once these services (else all) have sent theirs."""
        return until(
            lambda: self.backends.tempo.trace(trace),
            lambda spans: whole(spans, services or SERVICES),
            within=within,
        )

    def counted(self, card_token: str) -> int:
        """How many payments fraud has counted for a card; none if it knows it not."""
        with self.service("fraud") as face:
            answer = face.get(f"/fraud/cards/{card_token}")
            if answer.status_code == 404:
                return 0
            count: int = face.understood(answer)["count"]
            return count

    @contextlib.contextmanager
    def without(self, process: str) -> Iterator[None]:
        """A process is stopped inside, and well again outside, also after a failure."""
        self.supervisor.stop(process)
        try:
            yield
        finally:
            self.supervisor.start(process)
            self.heal()

    @contextlib.contextmanager
    def frozen(self, process: str) -> Iterator[None]:
        """A process holds its sockets inside, and answers nothing."""
        self.supervisor.kill(process, "STOP")
        try:
            yield
        finally:
            self.supervisor.kill(process, "CONT")
            self.heal()

    def pay_with_fresh_card(self, amount: int) -> httpx.Response:
        """A card of its own: the bank is stood in for only thrice per card and day."""
        return self.gateway.pay(amount, card=card(fresh_card()))

    def heal(self) -> None:
        """Returns when every service is ready and a payment has gone through."""
        for name in SERVICES:
            until(lambda name=name: self.is_ready(name), within=30)
        until(self.pays, within=30)

    def pays(self) -> bool:
        """A payment goes through, the bank's word included."""
        answer = self.gateway.pay()
        return (
            answer.status_code == 201 and answer.json()["processing_mode"] == "STANDARD"
        )


def command(*words: str, timeout: float = 1800.0) -> str:
    """Run the command line; what it printed. Fails with that if it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "native", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, (
        f"{words}: {done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    )
    return done.stdout


def timed(
    pay: Callable[[int], httpx.Response], amount: int
) -> tuple[httpx.Response, float]:
    """The answer to a payment, and after how many seconds it came."""
    begun = time.monotonic()
    answer = pay(amount)
    return answer, time.monotonic() - begun


def decided(answer: httpx.Response) -> tuple[str, str, str]:
    """Verdict, reason, and who decided."""
    body = answer.json()
    return body["status"], body["response_code"], body["authorisation"]["source"]


def seen_for(seconds: float, read: Callable[[], T]) -> list[T]:
    """What is read for so long, changes only: for what must not happen any more."""
    seen = [read()]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.2)
        if (value := read()) != seen[-1]:
            seen.append(value)
    return seen


def settled(read: Callable[[], T], *, seconds: float, within: float = 60.0) -> T:
    """What is read, once it has not changed for so long."""
    seen, since = read(), time.monotonic()

    def unchanged(value: T) -> bool:
        nonlocal seen, since
        if value != seen:
            seen, since = value, time.monotonic()
        return time.monotonic() - since >= seconds

    return until(read, unchanged, within=within, every=0.5)
