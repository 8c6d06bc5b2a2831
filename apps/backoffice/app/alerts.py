"""Alerts: Alertmanager tells them here, and operators look at them."""

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, Self

from fastapi import APIRouter, Depends, Query, Request
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)
from pydantic_core import PydanticCustomError

from apps.kit.auth import bearer, may
from apps.kit.errors import DependencyUnavailable, Unauthenticated
from apps.kit.masking import masked
from apps.kit.openapi import problems
from apps.kit.service import wired

from ..domain.alerts import Alert, Status
from ..ports import Ports
from ..usecases import alerting
from . import examples
from .examples import shown_as

Wired = Annotated[Ports, Depends(wired)]

router = APIRouter(
    prefix="/ops/alerts", tags=["ops"], responses=problems(DependencyUnavailable)
)

ID = "alert_id"
MOST = 100
"""Alerts in one message, and labels of one alert; alertmanager/config.yaml says fewer."""

Words = Annotated[str, StringConstraints(max_length=2000), AfterValidator(masked)]
"""Of a template's making: a card number that found its way into it ends here."""
WRITTEN = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.]\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII
)
"""RFC 3339."""


def _written(value: object) -> object:
    """Pydantic takes numbers, too, and much else."""
    if isinstance(value, str) and WRITTEN.fullmatch(value):
        return value
    raise PydanticCustomError("time", "A time is written 2026-03-01T12:00:00Z.")


Time = Annotated[AwareDatetime, BeforeValidator(_written)]
Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$")]


class Alertmanager(Unauthenticated):
    title = "Only Alertmanager tells alerts"


async def alertmanager(request: Request, ports: Wired) -> None:
    """Who sends has the key. It is no token, for those come from the gateway, and a dead
    gateway is what somebody may be told of."""
    sent = bearer(request.headers.getlist("authorization"))
    if not secrets.compare_digest(sent.encode(), ports.alerts_key):
        raise Alertmanager("Its key is in the file BACKOFFICE_ALERTS_KEY_FILE.")


class AlertIn(BaseModel):
    """One alert of the message; other fields are Alertmanager's own."""

    model_config = ConfigDict(hide_input_in_errors=True)

    status: Status
    labels: Annotated[dict[Name, Words], Field(max_length=MOST)]
    annotations: Annotated[dict[Name, Words], Field(max_length=MOST)] = {}
    starts_at: Annotated[Time, Field(alias="startsAt")]
    ends_at: Annotated[Time, Field(alias="endsAt")]
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]

    def alert(self) -> Alert:
        """While it fires, `endsAt` is only when Prometheus would be thought dead."""
        said = self.annotations
        return Alert(
            fingerprint=self.fingerprint,
            starts_at=self.starts_at,
            ends_at=self.ends_at if self.status is Status.RESOLVED else None,
            name=self.labels.get("alertname", ""),
            severity=self.labels.get("severity", ""),
            subject=self.labels.get("service_name", ""),
            summary=said.get("summary", ""),
            description=said.get("description", ""),
            runbook=said.get("runbook_url", ""),
            labels=self.labels,
        )


class AlertsIn(BaseModel):
    """What Alertmanager sends to a webhook, version 4 of it."""

    model_config = ConfigDict(hide_input_in_errors=True, **shown_as(examples.ALERTS))

    version: Literal["4"]
    alerts: Annotated[list[AlertIn], Field(max_length=MOST)]


class AlertOut(BaseModel):
    """An alert, for each time that it fired; `ends_at` is null while it does, and
    `alert_id` is the same each time."""

    model_config = shown_as(examples.ALERT)

    alert_id: str
    status: Status
    name: str
    severity: str
    subject: str
    summary: str
    description: str
    runbook: str
    starts_at: datetime
    ends_at: datetime | None
    labels: Mapping[str, str]

    @classmethod
    def of(cls, alert: Alert) -> Self:
        told = {name: getattr(alert, name) for name in cls.model_fields.keys() - {ID}}
        return cls(alert_id=alert.fingerprint, **told)


@router.post(
    "",
    status_code=204,
    dependencies=[Depends(alertmanager)],
    responses=problems(Alertmanager),
)
async def hear_alerts(body: AlertsIn, ports: Wired) -> None:
    """Hear what Alertmanager says; told again, it is known."""
    await alerting.hear([each.alert() for each in body.alerts], ports)


@router.get("", dependencies=[may("ops")])
async def list_alerts(
    ports: Wired, limit: Annotated[int, Query(ge=1, le=100)] = 20
) -> list[AlertOut]:
    """List the alerts of the last 30 days: what fires first, then the latest."""
    return [AlertOut.of(each) for each in await alerting.latest(limit, ports)]
