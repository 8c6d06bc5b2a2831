"""A process of the stack under another environment: a small disk, a clock that is wrong."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import libfaketime

from native import environment, processes
from native.backends import Backend, until
from native.paths import ROOT
from tests.stack.stack import Stack

DISK_BYTES = 64 * 2**20
READY_WITHIN_S = 120.0
FAKE = "vendor/libfaketime/src/libfaketime.so.1"


@contextmanager
def instead(stack: Stack, name: str, **changed: str) -> Iterator[None]:
    """Inside it runs as our child, so changed; outside as it did, under its supervisor."""
    stack.supervisor.stop(name)
    try:
        with _running(stack, name, changed):
            yield
    finally:
        stack.supervisor.start(name)
        _ready(stack, name)


def clock(seconds: int) -> dict[str, str]:
    """The environment of one whose clock is so far ahead, or behind; time passes as ever."""
    library = Path(str(libfaketime.__file__)).parent / FAKE
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME": f"{seconds:+d}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


@contextmanager
def disk(folder: Path, bytes_: int) -> Iterator[dict[str, str]]:
    """Where the collector keeps its queue: a disk of its own, else a queue of that size."""
    folder.mkdir(exist_ok=True)
    size = f"size={DISK_BYTES}"
    if _run("mount", "-t", "tmpfs", "-o", size, "tmpfs", str(folder)):
        yield {"QUEUE_DIR": str(folder), "QUEUE_BYTES": str(bytes_)}
        return
    try:
        yield {"QUEUE_DIR": str(folder)}
    finally:
        _run("umount", str(folder))
        shutil.rmtree(folder)


@contextmanager
def filled(folder: Path, but: int) -> Iterator[None]:
    """Somebody else's data lies on that disk inside: so many bytes are left of it."""
    ballast = folder / "ballast"
    if folder.is_mount():
        ballast.write_bytes(bytes(shutil.disk_usage(folder).free - but))
    try:
        yield
    finally:
        ballast.unlink(missing_ok=True)


def _run(*command: str) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


@contextmanager
def _running(stack: Stack, name: str, changed: dict[str, str]) -> Iterator[None]:
    process = _process(stack, name)
    shared = environment.shared(stack.instance, stack.ports)
    with stack.instance.log(name).open("ab") as log:
        child = subprocess.Popen(
            process.line,
            cwd=ROOT,
            env=os.environ | shared | process.environment | changed,
            stdout=log,
            stderr=log,
        )
    try:
        _ready(stack, name)
        yield
    finally:
        child.terminate()
        with suppress(subprocess.TimeoutExpired):
            child.wait(process.stop_within_s)
        child.kill()
        child.wait()


def _ready(stack: Stack, name: str) -> None:
    process = _process(stack, name)

    def answers() -> bool:
        with Backend(process.url(stack.ports)) as face:
            return face.get(process.ready).is_success

    until(answers, within=READY_WITHIN_S)


def _process(stack: Stack, name: str) -> processes.Process:
    known = processes.stack(stack.instance, stack.ports)
    return next(each for each in known if each.name == name)
