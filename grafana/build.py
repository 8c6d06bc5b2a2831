"""Builds the boards: `python -m grafana.build`, or `--check` that they are up to date."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from .boards.alerts import alerts
from .boards.books import books
from .boards.home import home
from .boards.inside import inside
from .boards.later import later
from .boards.load import load
from .boards.map import map_
from .boards.merchants import merchants
from .boards.messages import messages
from .boards.payment import payment
from .boards.payments import payments
from .boards.pipeline import pipeline
from .boards.resilience import resilience
from .boards.runtime import board as runtime
from .boards.services import services
from .boards.slos import slos

BOARDS: dict[str, Callable[[], Dashboard]] = {
    "home": home,
    "payments": payments,
    "payment": payment,
    "services": services,
    "map": map_,
    "slos": slos,
    "later": later,
    "books": books,
    "merchants": merchants,
    "messages": messages,
    "inside": inside,
    "resilience": resilience,
    "alerts": alerts,
    "runtime": runtime,
    "pipeline": pipeline,
    "load": load,
}
HERE = Path(__file__).parent / "provisioning" / "dashboards" / "json"


def built() -> Iterator[tuple[Path, str]]:
    """Each board's file and what belongs in it."""
    for name, board in BOARDS.items():
        text = JSONEncoder(sort_keys=True, indent=2).encode(board())
        yield HERE / f"{name}.json", text + "\n"


def stale() -> list[str]:
    """What differs between the committed files and the boards."""
    wanted = dict(built())
    extra = [path.name for path in HERE.glob("*.json") if path not in wanted]
    return extra + [
        path.name
        for path, text in wanted.items()
        if not path.is_file() or path.read_text() != text
    ]


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        for name in (differing := stale()):
            print(f"{name} is stale: run `make boards`")
        return 1 if differing else 0
    HERE.mkdir(parents=True, exist_ok=True)
    for path, text in built():
        path.write_text(text)
        print(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
