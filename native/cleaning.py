"""`clean` and `clean-cache`: say what goes and how large it is, ask, remove."""

import shutil
import sys
from pathlib import Path

from rich.console import Console

from . import paths
from .paths import Instance, all_instances, cache
from .recipes import STACK, TOOLS
from .starting import is_up
from .trouble import Trouble


def clean(name: str | None, console: Console, *, sure: bool) -> None:
    """Remove an instance's data, or everybody's; never under a running stack."""
    instances = [Instance(name)] if name else all_instances()
    for instance in instances:
        if is_up(instance):
            raise Trouble(
                f"Instance '{instance.name}' is running.",
                f"python -m native down --instance {instance.name}",
            )
    homes = [Instance(name).home] if name else [paths.DATA]
    _remove(homes, console, sure=sure)


def clean_cache(console: Console, *, sure: bool) -> None:
    """Remove what builds left over; programs that are in use stay."""
    used = {build.home for build in STACK + TOOLS}
    programs = (cache() / "bin").glob("*-*/")
    outdated = [home for home in programs if home.is_dir() and home not in used]
    go = cache() / "go"
    _remove([go, *outdated], console, sure=sure)


def _remove(paths: list[Path], console: Console, *, sure: bool) -> None:
    present = [path for path in paths if path.exists()]
    if not present:
        console.print("Nothing to remove.")
        return
    console.print("This removes:")
    for path in present:
        console.print(f"  {path}  {_spoken(_size(path))}", highlight=False)
    if not (sure or _agreed()):
        raise Trouble("Nothing was removed.", "answer y, or give --yes.")
    for path in present:
        shutil.rmtree(path)
    console.print("Removed.")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Remove? [y/N] ").strip().lower() in {"y", "yes"}


def _size(path: Path) -> int:
    files = (each for each in path.rglob("*") if not each.is_symlink())
    return sum(each.stat().st_size for each in files if each.is_file())


def _spoken(size: float) -> str:
    for unit in ("B", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"
