"""A row of the chaos matrix as it runs: what was done when, and what was counted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path


@dataclass
class Row:
    """Times are ISO 8601; the row's file has just these fields."""

    row: str
    fault: str
    injected_at: str | None = None
    ended_at: str | None = None
    """When the fault was taken away."""
    detected_at: str | None = None
    recovered_at: str | None = None
    counts: dict[str, int | float | str] = field(default_factory=dict)
    verdict: str = "failed"

    @contextmanager
    def injected(self) -> Iterator[None]:
        """The fault is there inside."""
        self.injected_at = _iso(datetime.now(UTC))
        try:
            yield
        finally:
            self.ended_at = _iso(datetime.now(UTC))

    def detected(self, at: float | None) -> None:
        """Telemetry told of it then, as Unix time."""
        self.detected_at = None if at is None else _iso(datetime.fromtimestamp(at, UTC))

    def recovered(self, at: float | None = None) -> None:
        """All was as before then; now, unless said otherwise."""
        when = datetime.now(UTC) if at is None else datetime.fromtimestamp(at, UTC)
        self.recovered_at = _iso(when)

    @property
    def began(self) -> float:
        return _unix(self.injected_at)

    @property
    def ended(self) -> float:
        return _unix(self.ended_at)

    def write(self, folder: Path) -> None:
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False)
        (folder / f"{self.row}.json").write_text(text + "\n")


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")


def _unix(iso: str | None) -> float:
    assert iso, "nothing was injected"
    return datetime.fromisoformat(iso).timestamp()
