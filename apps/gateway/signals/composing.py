"""What is told of answers that several services make together."""

from collections.abc import Mapping

from apps.kit.signals import Counter, Facts, event, tell

from ..domain.views import Part, Why

PARTS = Counter(
    "composition.parts",
    unit="{part}",
    about="Parts of composed answers: told, unknown there, or why they are missing.",
    by=("part.name", "part.outcome"),
)


def told(part: Part, *, is_known: bool) -> None:
    """A part answered; that it knows nothing of it is an answer too."""
    outcome = "told" if is_known else "unknown"
    PARTS.add({"part.name": part, "part.outcome": outcome})


def missing(part: Part, why: Why) -> None:
    """A part has no answer in time."""
    facts: Facts = {"part.name": part, "part.outcome": why}
    PARTS.add(facts)
    event("part.missing", facts)


def degraded(view: str, why: Mapping[Part, Why]) -> None:
    """An answer went out without these."""
    facts: Facts = {
        "view.name": view,
        "view.degraded": ",".join(why),
        "view.why": ",".join(why.values()),
    }
    tell("view.degraded", facts, level="warning")


def incomplete(what: str, why: Mapping[str, Why]) -> None:
    """Some replicas did not tell, or did not do, what all were asked for."""
    facts: Facts = {
        "fleet.asked": what,
        "fleet.degraded": ",".join(why),
        "fleet.why": ",".join(why.values()),
    }
    tell("fleet.degraded", facts, level="warning")
