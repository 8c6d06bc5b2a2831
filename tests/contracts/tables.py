"""Tables of the documentation that name files and tests: what they name is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def rows(page: str, section: str) -> list[list[str]]:
    """The cells of each row of a section's tables that names something."""
    text = (ROOT / page).read_text().split(f"## {section}")[1].split("\n## ")[0]
    return [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| ") and "`" in line
    ]


def named(cell: str) -> list[str]:
    """The paths in a cell; words like Pan and placeholders are none."""
    return [
        path
        for path in re.findall(r"`([^`<]+)`", cell)
        if "/" in path or path.endswith((".py", ".sql", ".toml"))
    ]


def missing(paths: list[str], *roots: str) -> list[str]:
    """Those that are below none of these folders."""
    return [
        path
        for path in paths
        if not any((ROOT / root / path).exists() for root in roots)
    ]
