"""`logs`: what a process wrote, and on request what it goes on to write."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .paths import Instance, tail
from .trouble import Trouble

PAUSE_S = 0.3


def show(instance: Instance, process: str, lines: int, *, follow: bool) -> None:
    file = instance.log(process)
    if not file.is_file():
        known = sorted(each.stem for each in instance.logs.glob("*.log"))
        raise Trouble(
            f"No log of '{process}'.",
            f"choose one of: {', '.join(known)}." if known else "make up",
        )
    sys.stdout.write(tail(file, lines) + "\n")
    sys.stdout.flush()
    if follow:
        for text in _growth(file):
            sys.stdout.write(text)
            sys.stdout.flush()


def _growth(file: Path) -> Iterator[str]:
    """What is added from now on; a rotated log is followed into its successor."""
    stream = file.open(encoding="utf-8", errors="replace")
    stream.seek(0, 2)
    while True:
        if text := stream.read():
            yield text
        elif file.exists() and not _same(stream.fileno(), file):
            stream.close()
            stream = file.open(encoding="utf-8", errors="replace")
        else:
            time.sleep(PAUSE_S)


def _same(descriptor: int, file: Path) -> bool:
    return os.path.samestat(os.fstat(descriptor), file.stat())
