"""What an incident is made of: who is silent, which breaker is open, what waits for somebody."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .series import Series

HEARD = (
    "max by (service_name, service_instance_id) "
    "(max_over_time(timestamp(loop_lag_seconds_count)[1h:15s]))"
)
"""When each replica of the last hour told something last."""

LEFT_OUT = 'max by (peer_service) (balancer_replicas{replica_state="ejected"})'
BREAKERS = "max by (service_instance_id, breaker_name) (breaker_state)"
SILENT_AFTER_S = 45.0
"""Figures come every ten seconds; past four of them somebody is not there."""

STATES = {
    0: ("closed", "good"),
    1: ("half-open", "warn"),
    2: ("open", "bad"),
    3: ("held open", "bad"),
    -1: ("held closed", "warn"),
}
OPEN = frozenset({1, 2, 3})


@dataclass(frozen=True, slots=True)
class Replica:
    """One process of a service, and how long ago it told something."""

    service: str
    name: str
    ago_s: float

    @property
    def is_silent(self) -> bool:
        return self.ago_s > SILENT_AFTER_S


@dataclass(frozen=True, slots=True)
class Breaker:
    """Which replica guards what, and how its breaker stands."""

    replica: str
    name: str
    state: int

    @property
    def word(self) -> str:
        return STATES.get(self.state, (str(self.state), ""))[0]

    @property
    def hue(self) -> str:
        return STATES.get(self.state, ("", "warn"))[1]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


@dataclass(frozen=True, slots=True)
class Wait:
    """Something that should go on by itself, how to ask how much of it there is."""

    name: str
    by: str
    """The label that tells one from another."""
    depth: str
    oldest: str
    most: float
    """Past so many seconds, or with any where nothing may wait, somebody is told."""
    runbook: str
    command: str = ""


WAITS = (
    Wait("Dead letters", "messaging_consumer_group_name",
         "max by (messaging_consumer_group_name) (dlq_depth)", "", 0, "DeadLetters", "make dlq"),
    Wait("Steps of sagas", "saga_step", "max by (saga_step) (payments_saga_due)",
         "max by (saga_step) (payments_saga_age_seconds)", 120, "SagaStuck"),
    Wait("Orders undecided", "payment_status", "",
         "max by (payment_status) (payments_undecided_age_seconds)", 120,
         "UndecidedPayments"),
    Wait("Outbox", "service_name", "max by (service_name) (outbox_depth)",
         "max by (service_name) (outbox_oldest_seconds)", 15, "OutboxStuck"),
)  # fmt: skip
"""The limits are those of prometheus/alerts.toml."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much of it there is, whose, and since when."""

    what: Wait
    whose: str
    depth: float | None
    oldest_s: float | None

    @property
    def is_bad(self) -> bool:
        if self.what.oldest:
            return (self.oldest_s or 0.0) > self.what.most
        return (self.depth or 0.0) > self.what.most


def replicas_of(heard: Sequence[Series], now: float) -> Mapping[str, list[Replica]]:
    """Service by service; who was there within the hour is missed."""
    found: dict[str, list[Replica]] = defaultdict(list)
    for each in heard:
        service = each.labels.get("service_name", "?")
        name = each.labels.get("service_instance_id", service)
        if not service.startswith("locust") and each.last is not None:
            found[service].append(Replica(service, name, max(0.0, now - each.last)))
    return {name: sorted(found[name], key=lambda r: r.name) for name in sorted(found)}


def breakers_of(states: Sequence[Series]) -> list[Breaker]:
    """What is open comes first."""
    found = [
        Breaker(
            each.labels.get("service_instance_id", "?"),
            each.labels.get("breaker_name", "?"),
            round(each.last or 0),
        )
        for each in states
    ]
    return sorted(found, key=lambda b: (not b.is_open, b.name, b.replica))


def waiting_of(
    what: Wait, depths: Sequence[Series], ages: Sequence[Series]
) -> list[Waiting]:
    """Only what there is; nothing waits where both are zero."""
    depth = {each.labels.get(what.by, ""): each.last for each in depths}
    age = {each.labels.get(what.by, ""): each.last for each in ages}
    found = [
        Waiting(what, whose, depth.get(whose), age.get(whose))
        for whose in sorted({**depth, **age})
    ]
    return [each for each in found if each.depth or each.oldest_s]
