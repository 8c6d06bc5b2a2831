"""PostgreSQL's log of all statements, for a while."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.stacks import Stack
from native import postgres

SETTING = "log_min_duration_statement = 0\n"


@contextmanager
def logged(stack: Stack, into: list[str]) -> Iterator[None]:
    """Inside, every statement is logged with its time; the lines are in the list after.

    Nobody comes in as the superuser: what he would set, the server's file does.
    """
    file = postgres.data(stack.instance) / "postgresql.auto.conf"
    before = file.read_text()
    log = stack.instance.log("postgres")
    begun = log.stat().st_size
    _set(stack, file, before + SETTING)
    try:
        yield
    finally:
        _set(stack, file, before)
        into += _since(log, begun)


def _set(stack: Stack, file: Path, text: str) -> None:
    file.write_text(text)
    home = postgres.data(stack.instance)
    master = int((home / "postmaster.pid").read_text().splitlines()[0])
    os.kill(master, signal.SIGHUP)


def _since(log: Path, begun: int) -> list[str]:
    """It may have been put aside meanwhile, and begun anew."""
    older = log.with_name(f"{log.name}.1")
    text = log.read_bytes()
    if len(text) < begun and older.is_file():
        text = older.read_bytes() + text
    return text[begun:].decode(errors="replace").splitlines()
