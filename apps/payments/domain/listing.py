"""Which payments are asked for, a page at a time, newest first."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from .payment import Status


@dataclass(frozen=True, slots=True)
class Query:
    """What is None does not narrow the search."""

    limit: int
    status: Status | None = None
    pos_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    after: UUID | None = None
    """The last payment of the page before this one."""
    merchant_id: str | None = None
