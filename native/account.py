"""PostgreSQL refuses root: there it runs as an account without power of its own."""

import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path

from .trouble import Trouble

ACCOUNTS = ("postgres", "nobody")
PASSAGE = {"dac_read_search": 2, "dac_override": 1}
"""Capabilities that lead through closed directories, by their bit; the weaker first."""

HONEST = "--securebits=+no_setuid_fixup"
"""Without it access(2), which initdb asks, knows nothing of a lent power."""

Prefix = tuple[str, ...]


@cache
def unprivileged() -> pwd.struct_passwd | None:
    """Whom root becomes; None where nobody has to change."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Trouble(
        "PostgreSQL refuses to run as root, and there is no account to run it as.",
        "run as an ordinary user, or create one: useradd --system postgres",
    )


def give(directory: Path) -> None:
    account = unprivileged()
    if account:
        os.chown(directory, account.pw_uid, account.pw_gid)


def prefix(program: Path, data: Path) -> Prefix:
    """What stands before a command so that it runs unprivileged and finds its way."""
    account = unprivileged()
    if account is None:
        return ()
    if not shutil.which("setpriv"):
        raise Trouble(
            "PostgreSQL refuses to run as root, and `setpriv` is missing.",
            "run as an ordinary user, or install util-linux.",
        )
    ids = (f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups")
    for passage in ((), *_passages()):
        candidate = ("setpriv", *ids, *passage)
        if _reaches(candidate, program, data):
            return candidate
    raise Trouble(
        f"PostgreSQL runs as '{account.pw_name}', who may not enter {data.parent} "
        f"or {program.parent}.",
        "move the tree out of the closed directory, or run as an ordinary user.",
    )


def _passages() -> list[Prefix]:
    """A tree under /root (0700) is closed to others: lend the power to pass, no more."""
    status = Path("/proc/self/status").read_text()
    mine = next(line for line in status.splitlines() if line.startswith("CapEff"))
    bits = int(mine.split()[1], 16)
    held = [name for name, bit in PASSAGE.items() if bits >> bit & 1]
    lent = [(f"--inh-caps=-all,+{name}", f"--ambient-caps=+{name}") for name in held]
    return [(HONEST, *passage) for passage in lent]


def _reaches(candidate: Prefix, program: Path, data: Path) -> bool:
    test = ["test", "-x", str(program), "-a", "-x", str(data.parent)]
    done = subprocess.run([*candidate, *test], capture_output=True, check=False)
    return done.returncode == 0
