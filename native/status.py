"""`status`: what each process is doing, what it costs, whether it can work."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import psutil
from rich.console import Console
from rich.table import Table
from rich.text import Text

from . import firing, ready
from .faults import Faults
from .paths import Instance
from .ports import Ports
from .processes import Process, stack
from .shape import CALLERS
from .supervise import STOPPED, State, Supervisor

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Standing:
    """One line of the table, one object of the JSON."""

    name: str
    state: str
    ready: bool
    pid: int | None
    uptime_s: int
    rss_mib: float
    """Resident memory of the process and its children."""
    url: str

    @property
    def rests(self) -> bool:
        """A caller from beside that was stopped by its name: nobody misses it."""
        return self.name in CALLERS and self.state == STOPPED.lower()


def standings(instance: Instance) -> list[Standing]:
    """One for each process of a running instance; none when it is down."""
    supervisor = Supervisor(instance)
    if not supervisor.is_up:
        return []
    ports = Ports.load(instance.name)
    states = {state.name: state for state in supervisor.processes()}
    processes = [each for each in stack(instance, ports) if each.name in states]
    answers = asyncio.run(_answers(processes, ports))
    return [
        _standing(process, states[process.name], ports, is_ready=answer)
        for process, answer in zip(processes, answers, strict=True)
    ]


def show(instance: Instance, found: list[Standing], console: Console) -> None:
    if not found:
        console.print(f"Instance '{instance.name}' is down: `make up` starts it.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in ("process", "state", "pid", "uptime", "MiB", "url"):
        right = heading in {"pid", "uptime", "MiB"}
        table.add_column(heading, justify="right" if right else "left")
    for each in found:
        uptime, memory = _spoken(each.uptime_s), f"{each.rss_mib:.0f}"
        pid = str(each.pid or "")
        table.add_row(each.name, _state(each), pid, uptime, memory, each.url)
    console.print(table)
    total = sum(each.rss_mib for each in found)
    console.print(f"{len(found)} processes, {total:.0f} MiB resident", style="dim")
    names = {each.name for each in found if each.state == "running"}
    if "alertmanager" in names:
        firing.show(firing.firing(Ports.load(instance.name)), console)
    if any(each.name == "toxiproxy" and each.ready for each in found):
        show_faults(Faults(Ports.load(instance.name)).active(), console)


def show_faults(active: Mapping[str, list[str]], console: Console) -> None:
    """What is wrong on purpose, or that nothing is."""
    for name, faults in active.items():
        console.print(f"{name}: {', '.join(faults)}", style="yellow", highlight=False)
    if not active:
        console.print("No faults.", style="dim")


def _standing(
    process: Process, state: State, ports: Ports, *, is_ready: bool
) -> Standing:
    running = state.state == "RUNNING"
    return Standing(
        name=process.name,
        state=state.state.lower(),
        ready=running and is_ready,
        pid=state.pid,
        uptime_s=int(time.time()) - state.started if running else 0,
        rss_mib=round(_resident(state.pid) / MIB, 1) if state.pid else 0.0,
        url=process.url(ports),
    )


async def _answers(processes: list[Process], ports: Ports) -> list[bool]:
    async with ready.client() as http:
        asked = (ready.is_ready(process, ports, http) for process in processes)
        return list(await asyncio.gather(*asked))


def _resident(pid: int) -> int:
    try:
        parent = psutil.Process(pid)
        family = [parent, *parent.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_rss(process) for process in family)


def _rss(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def _state(standing: Standing) -> Text:
    if standing.ready:
        return Text("ready", "green")
    if standing.state == "running":
        return Text("not ready", "yellow")
    if standing.rests:
        return Text(standing.state, "dim")
    return Text(standing.state, "red")


def _spoken(seconds: int) -> str:
    minutes, rest = divmod(max(seconds, 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def as_json(found: list[Standing]) -> list[dict[str, object]]:
    return [asdict(standing) for standing in found]
