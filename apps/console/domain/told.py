"""A story as it is known by now, and what the services say beside it."""

from dataclasses import dataclass, field
from typing import Any

from apps.story.gathering import Story


@dataclass(frozen=True, slots=True)
class Told:
    """A story, who was missing, and all that the services say of the payment."""

    story: Story | None
    missing: tuple[str, ...]
    view: dict[str, Any] = field(default_factory=dict)
