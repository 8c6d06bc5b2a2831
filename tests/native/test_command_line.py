"""The command line as its user meets it, without a stack."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack

from native.paths import ROOT
from native.ports import Ports

ELSEWHERE = """
import sys
from pathlib import Path
from native import paths
paths.DATA = Path(sys.argv.pop(1))
from native.__main__ import main
sys.exit(main())
"""
"""The same program with its data where a test wants it, beside a stack that may be up."""


def native(data, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(data), *words],
        cwd=ROOT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def free_ports() -> dict[str, str]:
    """A port of its own for everything, whatever else is up on this machine."""
    with ExitStack() as held:
        probes = {
            name: held.enter_context(socket.create_server(("127.0.0.1", 0)))
            for name in Ports.load()
        }
        return {name: str(probe.getsockname()[1]) for name, probe in probes.items()}


def test_up_names_the_port_that_is_taken_its_owner_and_the_way_out(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        moved = free_ports() | {"GATEWAY_PORT": str(port)}
        done = native(tmp_path, "up", **moved)

    assert done.returncode == 1
    assert (
        f"Port {port} (GATEWAY_PORT) is taken by process {os.getpid()}" in done.stderr
    )
    assert "GATEWAY_PORT=" in done.stderr.partition("What to do")[2]
    assert "Nothing was started" in done.stderr
    assert not list(tmp_path.glob("*/supervisord.*"))


def test_another_free_port_is_proposed(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        moved = free_ports() | {"BANK_PORT": str(port)}
        done = native(tmp_path, "up", **moved)

    proposed = int(done.stderr.partition("BANK_PORT=")[2].split()[0])
    assert str(proposed) not in moved.values()


def test_what_is_down_can_be_stopped_asked_and_cleaned(tmp_path):
    down = native(tmp_path, "down")
    status = native(tmp_path, "status", "--json")
    clean = native(tmp_path, "clean", "--instance", "default")

    assert (down.returncode, "was not running" in down.stdout) == (0, True)
    assert (status.returncode, status.stdout.strip()) == (1, "[]")
    assert (clean.returncode, "Nothing to remove" in clean.stdout) == (0, True)


def test_clean_asks_and_without_an_answer_removes_nothing(tmp_path):
    kept = tmp_path / "default" / "loki" / "chunk"
    kept.parent.mkdir(parents=True)
    kept.write_text("lines")

    done = native(tmp_path, "clean", "--instance", "default")
    assert done.returncode == 1
    assert "Nothing was removed" in done.stderr
    assert kept.exists()

    assert native(tmp_path, "clean", "--instance", "default", "--yes").returncode == 0
    assert not kept.exists()


def test_an_unknown_word_is_exit_code_two(tmp_path):
    assert native(tmp_path, "dance").returncode == 2


def test_logs_of_nobody_name_those_that_there_are(tmp_path):
    logs = tmp_path / "default" / "logs"
    logs.mkdir(parents=True)
    (logs / "bank.log").write_text("one\ntwo\nthree\n")

    assert "choose one of: bank" in native(tmp_path, "logs", "bnak").stderr
    assert native(tmp_path, "logs", "bank", "-n", "2").stdout == "two\nthree\n"


def test_a_command_finds_the_stack_in_its_environment(tmp_path):
    says = "import os; print(os.environ['BANK_DATABASE_URL'], os.environ['OTEL_RESOURCE_ATTRIBUTES'])"
    ports = free_ports()

    done = native(tmp_path, "run", "--", sys.executable, "-c", says, **ports)
    failed = native(tmp_path, "run", "--", sys.executable, "-c", "exit(3)", **ports)
    missing = native(tmp_path, "run", "--", "nobody-is-called-so", **ports)

    url, resource = done.stdout.split()
    port = ports["POSTGRES_PORT"]
    assert url == f"postgresql://bank:bank@127.0.0.1:{port}/bank"
    assert resource == "deployment.environment.name=native"
    assert failed.returncode == 3
    assert missing.returncode == 1
    assert "nobody-is-called-so does not start" in missing.stderr
