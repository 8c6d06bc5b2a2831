"""Builds rules/slo.yml from slo.toml: `python -m prometheus.build`, `--check` compares."""

import sys
from pathlib import Path

import yaml

from . import rules, slo

HERE = Path(__file__).parent / "rules" / "slo.yml"
HEAD = "# Made from prometheus/slo.toml by `make rules`: change that.\n"


class _Text(yaml.SafeDumper):
    """Expressions of several lines stay readable, and nothing is said by reference."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Text.add_representer(str, _text)


def built() -> str:
    """What belongs in the file."""
    made = {"groups": rules.groups(slo.load())}
    return HEAD + yaml.dump(
        made, Dumper=_Text, sort_keys=False, width=4096, allow_unicode=True
    )


def main(arguments: list[str]) -> int:
    if "--check" not in arguments:
        HERE.write_text(built(), encoding="utf-8")
        sys.stdout.write(f"{HERE}\n")
        return 0
    if HERE.is_file() and HERE.read_text(encoding="utf-8") == built():
        return 0
    sys.stdout.write(f"{HERE.name} is stale: run `make rules`\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
