"""What the gateway needs from outside."""

from dataclasses import dataclass
from typing import Protocol

from .domain.calls import Answer, Call


class Upstream(Protocol):
    """A service behind the gateway."""

    name: str

    async def forward(self, call: Call) -> Answer: ...


@dataclass(frozen=True)
class Ports:
    payments: Upstream
    token: str
