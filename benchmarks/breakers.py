"""What the replicas' breakers did, by the lines that they wrote of it."""

from native.backends import Loki
from native.evidence import LogLine

REPLICAS = 2
CHANGED = '{service_name="payments"} |= "breaker.changed"'


def changes(loki: Loki, since: int, name: str = "bank") -> list[LogLine]:
    """Each change of that breaker in any replica, earliest first."""
    lines = loki.lines(CHANGED, since=since)
    return [line for line in lines if line.facts.get("breaker_name") == name]


def opened(loki: Loki, since: int) -> list[float]:
    """When each replica's breaker opened first, as Unix time; nothing until all did."""
    first: dict[str, float] = {}
    for line in changes(loki, since):
        if line.facts["breaker_to"] == "open":
            first.setdefault(_replica(line), line.time / 1e9)
    return list(first.values()) if len(first) == REPLICAS else []


def half_opened(loki: Loki, since: int) -> int:
    """How often a replica began to try whether the bank is back."""
    return sum(line.facts["breaker_to"] == "half_open" for line in changes(loki, since))


def closed(loki: Loki, since: int) -> float | None:
    """When the last replica's breaker closed again; None while one is not closed."""
    last = {_replica(line): line for line in changes(loki, since)}
    if any(line.facts["breaker_to"] != "closed" for line in last.values()):
        return None
    return max((line.time / 1e9 for line in last.values()), default=None)


def _replica(line: LogLine) -> str:
    return line.facts["service_instance_id"]
