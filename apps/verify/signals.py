"""Every fact that the auditor tells."""

from apps.kit.declaring import Attribute, Event
from apps.kit.signals import Facts, Gauge, tell

from .findings import Verdict

VIOLATIONS = Gauge(
    "verify.violations",
    unit="{violation}",
    about="What breaks an invariant, by the invariant; anything but 0 is a fault.",
    by=("verify.invariant",),
)
CHECKED = Gauge(
    "verify.checked",
    unit="{object}",
    about="What was looked at for an invariant, by the invariant.",
    by=("verify.invariant",),
)

ATTRIBUTES = (
    Attribute("verify.invariant", str, "Its number in the docs.", "I1", most=40),
    Attribute("verify.checked", int, "So much was looked at.", 5290),
    Attribute("verify.violations", int, "So much breaks it.", 0),
    Attribute("verify.first", str, "The first that breaks it.", "transfer 1: +5 EUR"),
)
EVENTS = (
    Event(
        "verify.looked",
        "An invariant was looked at.",
        "verify.checked verify.invariant verify.violations",
        "verify.first",
    ),
)


def looked(verdict: Verdict) -> None:
    """An invariant was looked at, and holds or does not."""
    if verdict.finding is None:
        return
    broken = len(verdict.violations)
    facts: Facts = {
        "verify.invariant": verdict.invariant.id,
        "verify.checked": verdict.finding.checked,
        "verify.violations": broken,
        "verify.first": next(iter(verdict.violations), None),
    }
    VIOLATIONS.set(broken, facts)
    CHECKED.set(verdict.finding.checked, facts)
    tell("verify.looked", facts, level="error" if broken else "info")
