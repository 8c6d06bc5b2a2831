"""What fires: Alertmanager is asked, so that a dead back office hides nothing."""

from dataclasses import dataclass

import httpx
from rich.console import Console
from rich.text import Text

from .backends import client
from .ports import Ports

WITHIN_S = 1.0
COLOURS = {"page": "red", "ticket": "yellow"}


@dataclass(frozen=True, slots=True)
class Firing:
    """One alert, as a line tells of it."""

    name: str
    severity: str
    summary: str
    runbook: str


def firing(ports: Ports) -> list[Firing] | None:
    """What is told now, pages first; None where Alertmanager does not answer."""
    wanted = {"active": "true", "silenced": "false", "inhibited": "false"}
    try:
        with client(WITHIN_S) as http:
            answer = http.get(
                f"{ports.url('ALERTMANAGER_PORT')}/api/v2/alerts", params=wanted
            )
            answer.raise_for_status()
    except httpx.HTTPError:
        return None
    found = [
        Firing(
            each["labels"].get("alertname", ""),
            each["labels"].get("severity", "page"),
            each["annotations"].get("summary", ""),
            each["annotations"].get("runbook_url", ""),
        )
        for each in answer.json()
    ]
    return sorted(set(found), key=lambda each: (each.severity, each.name, each.summary))


def show(found: list[Firing] | None, console: Console) -> None:
    if found is None:
        console.print("Alertmanager does not answer: who knows what fires.")
        return
    for each in found:
        line = Text(f"{each.name} ", COLOURS.get(each.severity, "red"))
        line.append(f"{each.summary} {each.runbook}", "default")
        console.print(line, soft_wrap=True)
    if not found:
        console.print("No alert fires.", style="dim")
