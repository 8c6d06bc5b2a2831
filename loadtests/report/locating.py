"""Which run is meant: a directory, a run's id or the beginning of one, `last`, `last-1`.

And whose it is.
"""

import re
from pathlib import Path

from native.paths import DATA

from .reading import Unreadable

DEFAULT = "default"


def located(word: str, data: Path = DATA) -> Path:
    """Raises Unreadable where it is none, or may be several."""
    if Path(word).is_dir():
        return Path(word)
    runs = sorted(
        (file.parent for file in data.glob("*/loads/*/run.json")),
        key=lambda home: (home.name[:15], home.name),
    )
    if match := re.fullmatch(r"last(?:-(\d+))?", word):
        back = int(match[1] or 0)
        if back < len(runs):
            return runs[-1 - back]
        raise Unreadable(f"there are {len(runs)} runs, and no {word}")
    named = [home for home in runs if home.name == word]
    found = named or [home for home in runs if home.name.startswith(word)]
    if len(found) == 1:
        return found[0]
    raise Unreadable(f"{len(found)} runs are called {word}")


def newest(instance: str, data: Path = DATA) -> Path | None:
    """The instance's last run, if it has any that can be read."""
    runs = sorted(
        file.parent for file in (data / instance / "loads").glob("*/run.json")
    )
    return runs[-1] if runs else None


def instance_of(home: Path) -> str:
    """.data/<instance>/loads/<run>; the default one of a run that is kept elsewhere."""
    inside = DATA in home.resolve().parents
    return home.resolve().relative_to(DATA).parts[0] if inside else DEFAULT
