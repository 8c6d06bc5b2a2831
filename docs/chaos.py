"""Puts what the rows of chaos found into the table of docs/reliability.md.

`python -m docs.chaos` renders the results in docs/chaos/; `--take INSTANCE` fetches
those of a run first; `--check` says whether the table is what they say.
"""

import json
import re
import shutil
import sys
from argparse import ArgumentParser
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "chaos"
PAGE = HERE / "reliability.md"
RUNS = HERE.parent / ".data"

BEGIN, END = "<!-- chaos:begin -->", "<!-- chaos:end -->"
HEAD = """\
| row | fault | seen after | well again after | what was counted | |
|---|---|---|---|---|---|
"""

Result = Mapping[str, Any]


def results(folder: Path = RESULTS) -> list[Result]:
    """Each row's last result, in the order of their numbers."""
    found = [json.loads(file.read_text()) for file in folder.glob("*.json")]
    return sorted(found, key=lambda result: (_number(result["row"]), result["row"]))


def table(found: list[Result]) -> str:
    """The rows as Markdown."""
    return HEAD + "".join(map(_line, found))


def rendered(page: str, found: list[Result]) -> str:
    """The page with the table between its marks. Raises ValueError without them."""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise ValueError(f"no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{table(found)}\n{END}{after}"


def stale() -> bool:
    """Whether the page says something else than the results do."""
    page = PAGE.read_text()
    return rendered(page, results()) != page


def main(arguments: list[str]) -> int:
    words = ArgumentParser("python -m docs.chaos", description=__doc__)
    words.add_argument("--take", metavar="INSTANCE", help="fetch a run's results first")
    words.add_argument("--check", action="store_true", help="write nothing")
    asked = words.parse_args(arguments)
    if asked.check:
        if is_stale := stale():
            sys.stdout.write(f"{PAGE.name} is stale: run `python -m docs.chaos`\n")
        return int(is_stale)
    if asked.take:
        _take(RUNS / asked.take / "chaos")
    PAGE.write_text(rendered(PAGE.read_text(), results()))
    return 0


def _take(folder: Path) -> None:
    RESULTS.mkdir(exist_ok=True)
    for file in sorted(folder.glob("*.json")):
        shutil.copyfile(file, RESULTS / file.name)
        sys.stdout.write(f"{file.name}\n")


def _line(result: Result) -> str:
    cells = [
        result["row"],
        result["fault"],
        _after(result["injected_at"], result["detected_at"]),
        _after(result["ended_at"], result["recovered_at"]),
        "; ".join(f"{name}: {value}" for name, value in result["counts"].items()),
        result["verdict"],
    ]
    return f"| {' | '.join(cells)} |\n"


def _after(begin: str, end: str | None) -> str:
    """Seconds between two instants; a dash where nothing was waited for."""
    if end is None:
        return "-"
    passed = datetime.fromisoformat(end) - datetime.fromisoformat(begin)
    return f"{max(0.0, passed.total_seconds()):.1f} s"


def _number(row: str) -> int:
    return int("".join(re.findall(r"\d", row)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
