"""Collapsed stacks: what was running, sample by sample, and by whose code."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from native.paths import ROOT

EXPORTING = re.compile(r"opentelemetry/sdk/_shared_internal|PeriodicExporting")
"""A frame of the threads that send telemetry away."""

GROUPS: tuple[tuple[str, str], ...] = (
    ("OpenTelemetry's SDK and API", r"\bopentelemetry/"),
    ("asyncpg", r"\basyncpg/"),
    ("FastAPI, Starlette, pydantic", r"\b(fastapi|starlette|pydantic\w*)/"),
    ("granian", r"\bgranian/"),
    ("structlog and logging", r"\bstructlog/|\blogging/|pythonjsonlogger"),
    ("httpx and aiohttp", r"\b(httpx\w*|httpcore|aiohttp|yarl|multidict)/"),
    ("NATS", r"\bnats/"),
    ("cryptography and tokens", r"\b(joserfc|cryptography)/"),
    ("the kit", r"\bapps/kit/"),
    ("rules and use cases", r"\bapps/(?!kit)"),
)
"""By the file of a frame; the first that fits is it."""

EXPORT, REST = "export threads", "event loop and the rest"

PLACES = re.compile(rf"(?<=\()(?:.*/(?:site-packages|python3\.\d+)/|{ROOT}/)")
"""Where code lies on this machine. py-spy would shorten paths itself, and take what
namespace packages have for somebody else's."""

_GROUPS = [(name, re.compile(pattern)) for name, pattern in GROUPS]


@dataclass(frozen=True, slots=True)
class Stack:
    """What ran, outermost first, and how often it was seen."""

    frames: tuple[str, ...]
    times: int

    @property
    def group(self) -> str:
        """Whose work it is: of the innermost frame that belongs to somebody.

        What the standard library does, it does for who called it.
        """
        if any(EXPORTING.search(frame) for frame in self.frames):
            return EXPORT
        for frame in reversed(self.frames):
            for name, pattern in _GROUPS:
                if pattern.search(frame):
                    return name
        return REST


def read(file: Path) -> list[Stack]:
    """As py-spy writes them: `outer;inner 7`."""
    return list(parsed(file.read_text().splitlines()))


def parsed(lines: Iterable[str]) -> Iterator[Stack]:
    for line in lines:
        frames, _, times = line.strip().rpartition(" ")
        if frames and times.isdecimal():
            shown = tuple(PLACES.sub("", frame) for frame in frames.split(";"))
            yield Stack(shown, int(times))


def by_group(stacks: Iterable[Stack]) -> Counter[str]:
    found: Counter[str] = Counter()
    for stack in stacks:
        found[stack.group] += stack.times
    return found


def by_function(stacks: Iterable[Stack]) -> Counter[str]:
    """Who was at work himself, whoever called him."""
    found: Counter[str] = Counter()
    for stack in stacks:
        found[re.sub(r":\d+\)$", ")", stack.frames[-1])] += stack.times
    return found
