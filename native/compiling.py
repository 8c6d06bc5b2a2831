"""One `go build`, watched: its steps, its log, and what its failures mean."""

import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from rich.console import Console

from . import go
from .board import Board
from .paths import cache, tail
from .recipes import Build
from .trouble import Trouble

GIB = 1024**3
COLD_GIB = 9
WARM_GIB = 2
"""Free disk that a build asks for, with empty and with filled Go caches."""

NO_NETWORK = re.compile(
    r"dial tcp|no such host|i/o timeout|connection re(fused|set)|proxyconnect"
    r"|TLS handshake|name resolution|network is unreachable|unexpected EOF"
)
NO_SPACE = re.compile(r"no space left on device|disk quota exceeded", re.I)


def expect_space(console: Console) -> None:
    """Say what a build costs before it starts, and refuse where there is no room."""
    cold = not any(go.module_cache().glob("cache/download/*"))
    cache().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache()).free / GIB
    asked = COLD_GIB if cold else WARM_GIB
    if free < asked:
        raise Trouble(
            f"{cache()} has {free:.1f} GiB free; building needs {asked}.",
            "make room, or set PAYSCOPE_CACHE to a directory on a larger disk.",
        )
    if cold:
        console.print(
            "First build: 10 to 15 minutes on two cores, and about 7 GB of Go caches "
            f"in {cache() / 'go'}.\nIt happens once; `make clean-cache` clears the "
            "caches afterwards and keeps the programs.",
            highlight=False,
        )


def run(build: Build, tool: str, into: Path, board: Board) -> None:
    """Download, compile and link; programs lie in `into` afterwards."""
    into.mkdir(parents=True)
    log = cache() / "logs" / f"build-{build.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as kept:
        watched = Watched(build, tool, board, kept)
        total = watched.download()
        watched.compile(into, total)


@dataclass(frozen=True, slots=True)
class Watched:
    """A build on its way: what `go` says goes to the log and, counted, to the board."""

    build: Build
    tool: str
    board: Board
    log: TextIO

    def download(self) -> int:
        """All modules are here afterwards; how many packages they make."""
        listed = 0
        flags, packages = self.build.flags, self.build.programs.values()
        for line in self._lines("downloading", "list", "-deps", *flags, *packages):
            if line.startswith("go: downloading"):
                self.board.say(self.build.name, "downloading", line.split()[2])
            else:
                listed += 1
        return listed

    def compile(self, into: Path, total: int) -> None:
        programs = self.build.programs
        single = next(iter(programs)) if len(programs) == 1 else ""
        target = ("-v", *self.build.flags, "-o", f"{into}/{single}")
        lines = self._lines("compiling", "build", *target, *programs.values())
        for count, _ in enumerate(lines, start=1):
            detail = f"{count} of up to {total} packages"
            self.board.say(self.build.name, "compiling", detail)

    def _lines(self, step: str, *arguments: str) -> Iterator[str]:
        command = [self.tool, *arguments]
        self.board.say(self.build.name, step)
        with _started(command, self.build.source) as process:
            for line in process.stdout or ():
                self.log.write(line)
                yield line
        if process.returncode != 0:
            self.log.flush()
            self.board.failed(self.build.name, f"failed while {step}")
            raise _trouble(self.build, command, Path(self.log.name))


@contextmanager
def _started(command: list[str], where: Path) -> Iterator[subprocess.Popen[str]]:
    """A child that never outlives us, not even after Ctrl-C."""
    environment = go.environment() | {"GOTMPDIR": str(_scratch())}
    process = subprocess.Popen(
        command,
        cwd=where,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    except BaseException:
        process.send_signal(signal.SIGINT)
        raise
    finally:
        process.wait()


def _scratch() -> Path:
    """Linking takes most of a gigabyte, which a small /tmp does not have."""
    scratch = cache() / "go" / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return scratch


def _trouble(build: Build, command: list[str], log: Path) -> Trouble:
    last = tail(log)
    wrong = f"{build.name} could not be built (whole log: {log})."
    if NO_SPACE.search(last):
        remedy = "make room, or set PAYSCOPE_CACHE to a directory on a larger disk."
    elif NO_NETWORK.search(last):
        remedy = (
            "check the network, or set GOPROXY to a Go module proxy that you reach; "
            "what was fetched so far is kept."
        )
    else:
        remedy = f"run it again by hand: cd {build.source} && {' '.join(command)}"
    return Trouble(wrong, remedy, tail=last)
