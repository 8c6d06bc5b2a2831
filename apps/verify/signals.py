"""Every fact that the auditor tells."""

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
