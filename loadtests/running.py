"""One run of Locust in processes of its own: begun, waited for, ended, summed up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

from loadtests.measuring import summed
from loadtests.plan import Plan, load, save
from loadtests.progress import TERMINAL
from loadtests.telemetry.spans import SAMPLED

LOCUSTFILE = Path(__file__).with_name("locustfile.py")
LOG = "locust.log"
STOPS_WITHIN_S = 15
"""For visits that are under way when the run ends."""

LAST_LINES = 12


class NotRun(Exception):
    """Locust made no load; it says why."""


def run(plan: Plan, folder: Path, env: Mapping[str, str], web_port: int | None) -> None:
    """Make the load; Ctrl-C ends it early. Afterwards run.json says how it was."""
    plan.write(folder)
    log = folder / LOG
    shown = [os.dup(sys.stderr.fileno())] if sys.stderr.isatty() else []
    with log.open("ab") as out:
        locust = subprocess.Popen(  # noqa: S603  (our own)
            [sys.executable, "-m", "locust", *options(plan, log, web_port)],
            env=_env(env, folder, shown),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=shown,
            start_new_session=True,  # Ctrl-C is for us: we end it in order
        )
    for terminal in shown:
        os.close(terminal)
    aborted = _waited(locust)
    found = summed(folder)
    more = {"aborted": aborted, "sampled": SAMPLED >= 1}
    save(folder, {**load(folder), **found, **more})
    if not any(folder.glob("history*.jsonl")):
        raise NotRun(f"no load was made. {log} ends:\n{_tail(log)}")


def options(plan: Plan, log: Path, web_port: int | None) -> list[str]:
    """Locust's own; the plan has all others."""
    given = ["-f", str(LOCUSTFILE), "--host", plan.host, "--logfile", str(log)]
    given += ["--only-summary", "--stop-timeout", str(STOPS_WITHIN_S)]
    given += ["--exit-code-on-error", "0"]
    if web_port is None:
        given += ["--headless"]
    else:
        given += ["--web-host", "127.0.0.1", "--web-port", str(web_port)]
        given += ["--autostart", "--autoquit", "1"]
    if plan.processes > 1:
        port = str(_free_port())
        given += ["--processes", str(plan.processes)]
        given += ["--master-bind-port", port, "--master-port", port]
    return given


def _env(env: Mapping[str, str], folder: Path, shown: list[int]) -> dict[str, str]:
    whole = {**os.environ, **env, "LOAD_RUN": str(folder.resolve())}
    return whole | {TERMINAL: str(shown[0])} if shown else whole


def _waited(locust: "subprocess.Popen[bytes]") -> bool:
    """Whether it was told to end early; asked twice, it ends at once."""
    asked: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        asked.append(number)
        locust.send_signal(signal.SIGINT if len(asked) == 1 else signal.SIGKILL)

    before = {
        each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        locust.wait()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    return bool(asked)


def _tail(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-LAST_LINES:])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
