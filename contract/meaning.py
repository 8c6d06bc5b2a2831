"""What OpenTelemetry's semantic conventions say of a name; read from their package."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

from opentelemetry import semconv

FOLDER = Path(str(semconv.__path__[0]))


@dataclass(frozen=True, slots=True)
class Meaning:
    """The first sentence, whether it is stable, and what took its place."""

    brief: str
    is_stable: bool
    deprecated: str = ""
    instrument: str = ""
    """Of a metric; and its unit."""
    unit: str = ""


@cache
def conventions() -> dict[str, Meaning]:
    """All attributes and metrics that the conventions name."""
    found: dict[str, Meaning] = {}
    for folder in ("_incubating", "."):
        for part in ("attributes", "metrics"):
            for file in sorted((FOLDER / folder / part).glob("*.py")):
                found |= _read(file, is_stable=folder == ".")
    return found


def _read(file: Path, *, is_stable: bool) -> dict[str, Meaning]:
    """A name is a constant, and what it means is the text below."""
    body = ast.parse(file.read_text()).body
    found = {}
    for node, below in pairwise(body):
        match node, below:
            case (
                ast.AnnAssign(value=ast.Constant(value=str(name))),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                found[name] = _meaning(text, is_stable=is_stable)
    return found


def _meaning(text: str, *, is_stable: bool) -> Meaning:
    said = text.strip().split("\nNote:")[0]
    if said.startswith("Deprecated:"):
        return Meaning("", is_stable, said.removeprefix("Deprecated:").strip())
    brief = re.sub(r"\s+", " ", re.split(r"(?<=[.])\s|\n\n", said)[0])
    instrument = re.search(r"^Instrument: (\w+)$", text, re.MULTILINE)
    unit = re.search(r"^Unit: (\S+)$", text, re.MULTILINE)
    return Meaning(
        brief,
        is_stable,
        instrument=instrument[1] if instrument else "",
        unit=unit[1] if unit else "",
    )
