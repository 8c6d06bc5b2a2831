"""Where things lie: the tree, an instance's data, the cache that instances share."""

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .trouble import Trouble

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".data"

SOCKET_LIMIT = 90
"""Longest path of a unix socket, in bytes: 107, less what supervisord appends."""

MARK = "PAYSCOPE_INSTANCE"
"""Set to the instance's directory in the environment of all that it starts."""


def cache() -> Path:
    """What builds leave for the next build; may be deleted at any time."""
    if chosen := os.environ.get("PAYSCOPE_CACHE"):
        return Path(chosen).expanduser().resolve()
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser().resolve() / "payscope"


@dataclass(frozen=True, slots=True)
class Instance:
    """One running stack and its data; instances know nothing of one another."""

    name: str = "default"

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,30}", self.name):
            raise Trouble(
                f"'{self.name}' cannot name an instance.",
                "use small letters, digits, - and _.",
            )

    @property
    def home(self) -> Path:
        return DATA / self.name

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def ports_file(self) -> Path:
        return self.home / "ports.env"

    @property
    def supervisor_conf(self) -> Path:
        return self.home / "supervisord.conf"

    @property
    def supervisor_pid(self) -> Path:
        return self.home / "supervisord.pid"

    @property
    def socket(self) -> Path:
        """Inside the instance, or in a short directory where its path is too long."""
        inside = self.home / "supervisor.sock"
        if len(os.fsencode(inside)) <= SOCKET_LIMIT:
            return inside
        tag = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"payscope-{os.getuid()}-{tag}.sock"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"


def all_instances() -> list[Instance]:
    """Instances that have data in this tree."""
    return [Instance(file.parent.name) for file in sorted(DATA.glob("*/ports.env"))]


def tail(file: Path, lines: int = 20) -> str:
    """The last lines of a log, or nothing where there is none."""
    if not file.is_file():
        return ""
    text = file.read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])
