"""One run of Locust in processes of its own: begun, waited for, ended, summed up."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
    command = [sys.executable, "-m", "locust", *options(plan, log, web_port)]
    with log.open("ab") as out, ending() as ends:
        locust = subprocess.Popen(  # noqa: S603  (our own)
            command,
            env=_env(env, folder, shown),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            pass_fds=shown,
            start_new_session=True,  # Ctrl-C is for us: we end it in order
        )
        ends.process = locust
        locust.wait()
    for terminal in shown:
        os.close(terminal)
    _sum_up(folder, is_aborted=ends.asked > 0)


def _sum_up(folder: Path, *, is_aborted: bool) -> None:
    """In run.json; raises NotRun where there was no load."""
    how = {"aborted": is_aborted, "sampled": SAMPLED >= 1 or SAMPLED}
    save(folder, {**load(folder), **summed(folder), **how})
    if any(folder.glob("history*.jsonl")):
        return
    if is_aborted:
        raise NotRun("Broken off before there was any load.")
    log = folder / LOG
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


@dataclass
class Ending:
    """Whoever asks once ends the run in order, whoever asks again ends it now."""

    process: "subprocess.Popen[bytes] | None" = None
    asked: int = 0

    def hear(self, _number: int, _frame: FrameType | None) -> None:
        self.asked += 1
        if self.process is None or self.process.poll() is not None:
            return
        if self.asked == 1:
            self.process.send_signal(signal.SIGINT)
        else:
            os.killpg(self.process.pid, signal.SIGKILL)  # its workers, too


@contextmanager
def ending() -> Iterator[Ending]:
    """Inside, Ctrl-C is heard; what is started inside hears it too, whoever started us."""
    ends = Ending()
    both = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, ends.hear) for each in both}
    try:
        yield ends
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _tail(log: Path) -> str:
    text = log.read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-LAST_LINES:])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
