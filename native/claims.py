"""Who starts a stack claims its ports first: until its processes listen, they look free.

Instances of one tree know each other's ports by their files; trees know nothing of one
another. So claims lie outside of them, in one file that has a byte for each port. A byte is
locked by the process that starts; the system lets it go with the process, however it ends.
"""

import fcntl
import os
import tempfile
from collections.abc import Collection
from functools import cache
from pathlib import Path


def claimed(ports: Collection[int]) -> bool:
    """All of them are ours until this process ends, or none of them."""
    had: list[int] = []
    for port in ports:
        try:
            fcntl.lockf(file(), fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except (BlockingIOError, PermissionError):
            _let_go(had)
            return False
        had.append(port)
    return True


def _let_go(ports: Collection[int]) -> None:
    for port in ports:
        fcntl.lockf(file(), fcntl.LOCK_UN, 1, port)


@cache
def file() -> int:
    """Opened once: whoever closes such a file loses all his locks on it."""
    path = Path(tempfile.gettempdir()) / f"payscope-{os.getuid()}-ports.lock"
    return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
