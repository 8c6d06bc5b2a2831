"""Builds the rules and docs/alerts.md: `python -m prometheus.build`, `--check` compares."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from . import alerts, listing, rules, slo

RULES = Path(__file__).parent / "rules"
HEAD = "# Made from prometheus/{0}.toml by `make rules`: change that.\n"


class _Text(yaml.SafeDumper):
    """Expressions of several lines stay readable, and nothing is said by reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Text.add_representer(str, _text)


def built() -> Iterator[tuple[Path, str]]:
    """Each file, and what belongs in it."""
    promises, others = slo.load(), alerts.load()
    yield RULES / "slo.yml", _written("slo", {"groups": rules.groups(promises)})
    yield RULES / "alerts.yml", _written("alerts", {"groups": alerts.groups(others)})
    page = listing.PAGE.read_text(encoding="utf-8")
    yield listing.PAGE, listing.rendered(page, promises, others)


def _written(name: str, made: Mapping[str, Any]) -> str:
    return HEAD.format(name) + yaml.dump(
        made, Dumper=_Text, sort_keys=False, width=4096, allow_unicode=True
    )


def main(arguments: list[str]) -> int:
    is_check, stale = "--check" in arguments, 0
    for file, text in built():
        if not is_check:
            file.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{file}\n")
        elif not file.is_file() or file.read_text(encoding="utf-8") != text:
            sys.stdout.write(f"{file.name} is stale: run `make rules`\n")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
