"""The 36 crashes: 12 edges, three outcomes; those that cannot be say why."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from apps.kit.crashing import POINTS


class Outcome(StrEnum):
    """What the payment comes to where nothing dies."""

    APPROVE = "approve"
    DECLINE = "decline"
    TIMEOUT = "timeout"
    """The bank is frozen; the amount is small enough to be accepted in its stead."""


AMOUNTS: Mapping[Outcome, int] = {
    Outcome.APPROVE: 25_000,
    Outcome.DECLINE: 50_000,
    Outcome.TIMEOUT: 15_000,
}

DYING = {
    "payments": "payments",
    "bank": "bank",
    "outbox": "payments",
    "inbox": "fraud",
    "backoffice": "backoffice",
}
"""By the first word of an edge, the service that dies there."""

PASSED_BEFORE = {
    "outbox.after_put": 1,
}
"""How often an edge is passed on the way: the intent is announced before the decision."""

UNREACHABLE: Mapping[tuple[str, Outcome], str] = {
    ("payments.after_bank", Outcome.TIMEOUT): "There is no answer after which to die.",
    ("payments.mid_capture", Outcome.DECLINE): "What is declined is not captured.",
    ("payments.mid_settlement", Outcome.DECLINE): "Nor is it settled.",
}

DECIDED = {
    Outcome.APPROVE: ("settled", "ACCEPTED", "bank", "captured"),
    Outcome.DECLINE: ("declined", "AUTHORIZATION_DENIED", "bank", None),
    Outcome.TIMEOUT: ("settled", "ACCEPTED", "delegation", "captured"),
}
"""Status, reason, who decided, what became of the bank's hold: in the end."""

_TAKEN_BACK = ("declined", "AMOUNT_EXCEEDED", "delegation")

OTHERWISE = {
    ("bank.before_answer", Outcome.APPROVE): (*_TAKEN_BACK, "reversed"),
    ("bank.before_answer", Outcome.DECLINE): (*_TAKEN_BACK, None),
}
"""A bank that dies is a silent one: too much to be stood in for, and taken back."""


@dataclass(frozen=True)
class Edge:
    """One of the 36."""

    point: str
    outcome: Outcome

    @property
    def service(self) -> str:
        return DYING[self.point.partition(".")[0]]

    @property
    def planned(self) -> dict[str, str]:
        """What the environment of the service says that is to die there."""
        nth = PASSED_BEFORE.get(self.point, 0) + 1
        return {
            "PAYSCOPE_CRASH_AT": f"{self.point}:{nth}",
            "PAYSCOPE_CRASH_IN": self.service,
        }

    @property
    def why_not(self) -> str | None:
        return UNREACHABLE.get((self.point, self.outcome))

    @property
    def end(self) -> tuple[str, str, str, str | None]:
        usual = DECIDED[self.outcome]
        return OTHERWISE.get((self.point, self.outcome), usual)

    def __str__(self) -> str:
        return f"{self.point}-{self.outcome}"


ALL = [Edge(point, outcome) for point in POINTS for outcome in Outcome]
REACHABLE = [edge for edge in ALL if edge.why_not is None]
OUT_OF_REACH = [edge for edge in ALL if edge.why_not is not None]
