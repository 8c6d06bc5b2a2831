"""An alert, as Alertmanager or Prometheus tells of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Alert:
    """What is wrong, where, since when, and which page helps."""

    name: str
    severity: str
    service: str
    said: str
    since: str
    state: str
    runbook: str
    now: str = ""
    """How it stands at this moment."""


def of_alertmanager(answer: Sequence[Json]) -> list[Alert]:
    """The worst first."""
    return _sorted([
        _alert(each, str(each.get("startsAt", "")), each.get("status", {}).get("state", ""))
        for each in answer
    ])  # fmt: skip


def of_prometheus(answer: Sequence[Json]) -> list[Alert]:
    """Those that fire; what is pending is no alert yet."""
    return _sorted([
        _alert(each, str(each.get("activeAt", "")), "firing")
        for each in answer
        if each.get("state") == "firing"
    ])  # fmt: skip


def told_once(alerts: Sequence[Alert]) -> list[tuple[Alert, int]]:
    """The worst of each name and service, and how many more there are of it.

    A promise that is broken fires for the hour, for six, for a day: that is one thing to
    be done.
    """
    alike: dict[tuple[str, str], list[Alert]] = {}
    for each in alerts:
        alike.setdefault((each.name, each.service), []).append(each)
    return [(found[0], len(found) - 1) for found in alike.values()]


def _sorted(alerts: list[Alert]) -> list[Alert]:
    return sorted(alerts, key=lambda each: (each.severity != "page", each.name))


def _alert(said: Json, since: str, state: str) -> Alert:
    labels, told = said.get("labels", {}), said.get("annotations", {})
    return Alert(
        labels.get("alertname", "?"),
        labels.get("severity", ""),
        labels.get("service_name", labels.get("service", "")),
        told.get("summary") or told.get("description", ""),
        since[:19].replace("T", " "),
        state,
        told.get("runbook_url") or told.get("runbook", ""),
        told.get("description", "") if told.get("summary") else "",
    )
