"""PostgreSQL's log of all statements, for a while."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SETTING = "log_min_duration_statement = 0\n"
HEARD_S = 0.5
"""Until every process of the server has heard of it."""


@contextmanager
def logged(home: Path, log: Path, into: list[str]) -> Iterator[None]:
    """Inside, every statement is logged with its time; the lines are in the list after.

    `home` is the server's data. Nobody comes in as the superuser: what he would set,
    the server's file does.
    """
    file = home / "postgresql.auto.conf"
    before, begun = file.read_text(), log.stat().st_size
    _set(home, file, before + SETTING)
    try:
        yield
    finally:
        _set(home, file, before)
        into += _since(log, begun)


def _set(home: Path, file: Path, text: str) -> None:
    file.write_text(text)
    server = int((home / "postmaster.pid").read_text().splitlines()[0])
    os.kill(server, signal.SIGHUP)
    time.sleep(HEARD_S)


def _since(log: Path, begun: int) -> list[str]:
    """It may have been put aside meanwhile, and begun anew."""
    older = log.with_name(f"{log.name}.1")
    text = log.read_bytes()
    if len(text) < begun and older.is_file():
        text = older.read_bytes() + text
    return text[begun:].decode(errors="replace").splitlines()
