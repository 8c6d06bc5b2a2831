"""Waiting until every process can work; a process that keeps dying ends the wait."""

import asyncio
import time

import httpx
from rich.console import Console

from . import postgres
from .board import Board
from .paths import Instance, tail
from .ports import Ports
from .processes import Process
from .supervise import State, Supervisor
from .trouble import Trouble

PATIENCE_S = 120.0
PAUSE_S = 0.2
PROBE_S = 1.0
LINES = 12
DEATHS = 3
"""A process that ended so often before it was ready will not get well."""


def wait(
    instance: Instance, ports: Ports, processes: list[Process], console: Console
) -> None:
    """Returns when all are ready; Trouble, with a log's tail, when one will not be."""
    with Board(console, f"Starting {len(processes)} processes") as board:
        asyncio.run(_wait(instance, ports, processes, board))


async def is_ready(process: Process, ports: Ports, http: httpx.AsyncClient) -> bool:
    """One question, answered at once."""
    if not process.ports:
        return True
    if not process.ready:
        return await asyncio.to_thread(postgres.is_ready, ports["POSTGRES_PORT"])
    try:
        answer = await http.get(process.url(ports) + process.ready)
    except httpx.HTTPError:
        return False
    return answer.is_success


def client() -> httpx.AsyncClient:
    """Loopback goes through nobody's proxy."""
    return httpx.AsyncClient(timeout=PROBE_S, trust_env=False)


async def _wait(
    instance: Instance, ports: Ports, processes: list[Process], board: Board
) -> None:
    late = {process.name: process for process in processes}
    deaths, begun = Deaths(), time.monotonic()
    for name in late:
        board.begin(name, "starting")
    async with client() as http:
        while late:
            lost = deaths.seen(await asyncio.to_thread(Supervisor(instance).processes))
            if lost:
                board.failed(lost.name, "keeps dying")
                raise _lost(instance, lost)
            for name in await _ready(list(late.values()), ports, http):
                board.done(name, "ready")
                del late[name]
            if late and time.monotonic() - begun > PATIENCE_S:
                raise _too_late(instance, list(late))
            await asyncio.sleep(PAUSE_S)


async def _ready(
    processes: list[Process], ports: Ports, http: httpx.AsyncClient
) -> list[str]:
    answers = await asyncio.gather(*(is_ready(each, ports, http) for each in processes))
    return [each.name for each, yes in zip(processes, answers, strict=True) if yes]


class Deaths:
    """How often each process was started, so that the hopeless are told from the slow."""

    def __init__(self) -> None:
        self._starts: dict[str, set[int]] = {}

    def seen(self, states: list[State]) -> State | None:
        """The process that is lost, if one is."""
        for state in states:
            starts = self._starts.setdefault(state.name, set())
            starts.add(state.started)
            if len(starts - {0}) >= DEATHS or state.state == "FATAL":
                return state
        return None


def _lost(instance: Instance, state: State) -> Trouble:
    log = instance.log(state.name)
    return Trouble(
        f"{state.name} does not stay up.",
        f"its log says why: {log}",
        tail=tail(log, LINES),
    )


def _too_late(instance: Instance, late: list[str]) -> Trouble:
    log = instance.log(late[0])
    return Trouble(
        f"Not ready after {PATIENCE_S:.0f} s: {', '.join(late)}.",
        f"their logs say why: {log.parent}",
        tail=tail(log, LINES),
    )
