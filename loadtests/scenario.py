"""Who comes, how often and how fast: a scenario file, read and checked."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loadtests.journeys import JOURNEYS
from loadtests.pacing import EXPONENTIAL, INTERVALS, Pace

FOLDER = Path(__file__).parent / "scenarios"
DEFAULT = "mixed"


class Faulty(Exception):
    """A scenario that cannot be run; it says which file and which key is why."""


@dataclass(frozen=True, slots=True)
class Share:
    """How much of the load a journey is."""

    weight: float
    pace: Pace
    """Between two visits a user waits so many seconds: at least, at most."""
    users: int = 0
    """So many whatever the load; 0 leaves it to the weight."""


@dataclass(frozen=True, slots=True)
class Scenario:
    name: str
    about: str
    journeys: Mapping[str, Share]
    intervals: str = EXPONENTIAL
    """Of the open model: how payments follow each other."""
    users: int | None = None
    rate: float | None = None
    seed: int | None = None


def names() -> list[str]:
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def read(name: str) -> Scenario:
    """One of ours by its name, or a file; raises Faulty."""
    file = FOLDER / f"{name}.toml" if name in names() else Path(name)
    if not file.is_file():
        raise Faulty(f"there is no scenario {name}: {', '.join(names())}, or a file")
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Faulty(f"{file}: {fault}") from fault
    return _Reading(file, name).scenario(found)


@dataclass(frozen=True, slots=True)
class _Reading:
    file: Path
    name: str

    def scenario(self, found: Mapping[str, Any]) -> Scenario:
        known = {"about", "pace", "intervals", "users", "rate", "seed", "journeys"}
        self._knows(found, known, "")
        pace = self._pace(found.get("pace", [0.2, 1.0]), "pace")
        intervals = found.get("intervals", EXPONENTIAL)
        if intervals not in INTERVALS:
            self._faulty("intervals", f"{intervals!r} is none of {INTERVALS}")
        return Scenario(
            self.name,
            self._text(found),
            self._journeys(found.get("journeys"), pace),
            intervals,
            self._number(found, "users", whole=True),
            self._number(found, "rate"),
            self._number(found, "seed", whole=True, least=0),
        )

    def _text(self, found: Mapping[str, Any]) -> str:
        about = found.get("about")
        if not isinstance(about, str) or not about:
            self._faulty("about", "a sentence is wanted")
        return str(about)

    def _journeys(self, found: Any, pace: Pace) -> dict[str, Share]:
        if not isinstance(found, dict) or not found:
            self._faulty("journeys", "at least one is wanted")
        self._knows(found, set(JOURNEYS), "journeys.")
        shares = {each: self._share(each, how, pace) for each, how in found.items()}
        if not any(share.weight for share in shares.values()):
            self._faulty("journeys", "one needs a weight above 0")
        return shares

    def _share(self, journey: str, found: Any, pace: Pace) -> Share:
        place = f"journeys.{journey}"
        if not isinstance(found, dict):
            self._faulty(place, "a table is wanted")
        self._knows(found, {"weight", "pace", "users"}, f"{place}.")
        weight = self._number(found, "weight", place, least=0) or 0.0
        users = self._number(found, "users", place, whole=True) or 0
        if not weight and not users:
            self._faulty(place, "a weight or a number of users is wanted")
        own = found.get("pace")
        return Share(
            weight, self._pace(own, f"{place}.pace") if own else pace, int(users)
        )

    def _pace(self, found: Any, key: str) -> Pace:
        numbers = isinstance(found, list) and all(map(_is_number, found))
        if not numbers or len(found) != 2 or not 0 <= found[0] <= found[1]:
            self._faulty(key, f"{found!r} is not [at least, at most] in seconds")
        return float(found[0]), float(found[1])

    def _number(
        self,
        found: Mapping[str, Any],
        key: str,
        place: str = "",
        *,
        whole: bool = False,
        least: float = 1e-9,
    ) -> Any:
        """None if it is left out."""
        value: Any = found.get(key)
        wanted: Any = int if whole else (int, float)
        fits = _is_number(value) and isinstance(value, wanted) and value >= least
        if value is not None and not fits:
            kind = "a whole number" if whole else "a number"
            above = "0 or more" if least == 0 else "above 0"
            self._faulty(
                f"{place}.{key}".strip("."), f"{value!r} is not {kind} {above}"
            )
        return value

    def _knows(self, found: Mapping[str, Any], known: set[str], before: str) -> None:
        for key in found:
            if key not in known:
                self._faulty(f"{before}{key}", f"unknown; one of {sorted(known)}")

    def _faulty(self, key: str, why: str) -> None:
        raise Faulty(f"{self.file}: {key}: {why}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
