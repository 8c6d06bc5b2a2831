"""An alert as Alertmanager tells it: each time that it fires is one of its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

KEPT_FOR = timedelta(days=30)
"""As long as a promise is counted for."""


class Status(StrEnum):
    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What is wrong, for whom, since when; `fingerprint` stands for its labels."""

    fingerprint: str
    starts_at: datetime
    ends_at: datetime | None
    name: str
    severity: str
    subject: str
    """The service that it is about; empty where it is about none."""
    summary: str
    description: str
    runbook: str
    labels: Mapping[str, str]

    @property
    def status(self) -> Status:
        return Status.FIRING if self.ends_at is None else Status.RESOLVED
