"""What clients wrote down of the answers that they got: one JSON object per line."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError

from apps.verify.books import Books
from apps.verify.findings import NotLookedAt, Unreadable


class Answered(BaseModel):
    """One answer, as its client saw it; without a status, none came."""

    model_config = ConfigDict(frozen=True)

    key: str | None = None
    body_hash: str | None = None
    status: int | None = None
    payment_id: UUID | None = None
    outcome: str | None = None
    """The payment's status, as it was then."""
    response_code: str | None = None
    answer_hash: str | None = None
    method: str | None = None
    path_template: str | None = None
    trace_id: str | None = None

    @property
    def told(self) -> set[str]:
        return {word for word in (self.outcome, self.response_code) if word}

    @property
    def is_acknowledged(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


def acknowledged(books: Books) -> list[Answered]:
    """The answers that promised something. Raises NotLookedAt without a history."""
    return [each for each in told(books) if each.is_acknowledged]


def told(books: Books) -> list[Answered]:
    """All that was asked, answered or not. Raises NotLookedAt without a history."""
    if not books.histories:
        raise NotLookedAt("no history of the clients' answers (--history FILE)")
    return [each for file in books.histories for each in _read(file)]


def _read(file: Path) -> Iterator[Answered]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                yield Answered.model_validate_json(line)
            except ValidationError as fault:
                raise Unreadable(f"{file}, line {number} is no answer") from fault
