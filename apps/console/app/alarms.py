"""Alerts as they are shown: what is wrong, where, since when, and the page that helps."""

from collections.abc import Sequence

from ..domain.alerts import Alert, told_once
from ..ports import Ports
from ..usecases import living
from .markup import Markup, tag
from .receipts import badge


async def told(ports: Ports) -> Markup:
    """What fires; without Alertmanager, who is away and what Prometheus says."""
    found, away = await living.alerts(ports)
    said = tag("p", f"{away} Prometheus' own alerts are shown.", class_="silent")
    return (said if away else Markup("")) + alerts(found)


def alerts(found: Sequence[Alert]) -> Markup:
    """Each with its severity, where, since when; none is a good word, too."""
    if not found:
        return tag("p", badge("nothing fires", "good"))
    rows = [
        tag("tr", tag("td", badge(each.severity or each.state, "bad" if each.severity == "page" else "warn")),
            tag("td", tag("b", each.name), f" {each.service}", tag("div", each.said),
                tag("div", each.now, class_="soft") if each.now else None,
                tag("div", f"since {each.since} UTC, {each.state} ", runbook(each), class_="soft"),
                tag("div", f"And {more} more of the same, for other stretches of time.",
                    class_="soft") if more else None))
        for each, more in told_once(found)
    ]  # fmt: skip
    return tag("table", tag("tbody", *rows), class_="list")


def runbook(alert: Alert) -> Markup | None:
    """The way to what is to be done about it."""
    name = alert.runbook.rpartition("/")[2].removesuffix(".md")
    return tag("a", f"Runbook {name}", href=f"/runbooks/{name}") if name else None
