"""The folders of boards and runbooks: Grafana's own files, read anew when they change."""

import json
from pathlib import Path
from typing import Any

from ..domain.boards import Board


class Shelf:
    """Boards by their uid; what is no board stays where it is."""

    def __init__(self, folder: Path, runbooks: Path) -> None:
        self._folder = folder
        self._runbooks = runbooks
        self._known: dict[Path, tuple[int, Board]] = {}

    def boards(self) -> list[Board]:
        """All of them, by title."""
        found = [self._read(path) for path in sorted(self._folder.glob("*.json"))]
        return sorted(found, key=lambda board: board.title)

    def board(self, uid: str) -> Board | None:
        return next((board for board in self.boards() if board.uid == uid), None)

    def runbook(self, name: str) -> str | None:
        """What to do about the alert of that name, in Markdown."""
        path = self._runbooks / f"{name}.md"
        if not (name.isascii() and name.isalnum() and path.is_file()):
            return None
        return path.read_text(encoding="utf-8")

    def _read(self, path: Path) -> Board:
        changed = path.stat().st_mtime_ns
        kept = self._known.get(path)
        if kept is None or kept[0] != changed:
            said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            kept = self._known[path] = (changed, Board.of(said))
        return kept[1]
