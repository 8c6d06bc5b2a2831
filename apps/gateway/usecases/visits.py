"""What is known of the request at hand, whichever way it takes."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from apps.kit.errors import RateLimited
from apps.kit.limits import MovingWindow


@dataclass(slots=True)
class Visit:
    """Where it comes from, and what it counted against."""

    origin: str
    policies: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    def counts(self, window: MovingWindow, key: str) -> None:
        """Count it against a limit; raises RateLimited beyond that."""
        decision = window.hit(key)
        self.policies.append(window.policy)
        self.left.append(window.left(decision))
        if not decision.allowed:
            problem = RateLimited("Send it again when Retry-After is over.")
            problem.retry_after_s = decision.reset_s
            raise problem


current: ContextVar[Visit] = ContextVar("visit")
