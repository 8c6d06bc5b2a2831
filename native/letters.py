"""Dead letters on the command line: list them, look into one, replay."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import cast

import nats
from nats.js import JetStreamContext
from rich.console import Console
from rich.table import Table
from rich.text import Text

from apps.kit import dlq
from apps.kit.dlq import DeadLetter
from apps.kit.masking import masked
from apps.kit.sending import UNREACHABLE

from .ports import LOOPBACK, Ports
from .trouble import Trouble

LISTED = 100
"""More letters than this are counted, not listed."""

ALL = "all"

COLUMNS = ("id", "consumer", "event", "payment", "error", "deliveries", "died")

WHOLE = {"id", "deliveries", "died"}
"""Columns that a narrow terminal does not break."""

Work = Callable[[JetStreamContext], Awaitable[int]]


def run(ports: Ports, console: Console, show: int | None, replay: str | None) -> int:
    """One question to the stream of dead letters; gives the exit code."""

    async def asked(stream: JetStreamContext) -> int:
        if show is not None:
            return _show(await _found(stream, show), console)
        if replay is not None:
            return await _replay(stream, replay, console)
        return await _list(stream, console)

    return asyncio.run(_with_stream(ports["NATS_PORT"], asked))


def letter(text: str) -> str:
    """An id or `all`, as argparse asks."""
    if text != ALL and not text.isdecimal():
        raise ValueError(text)
    return text


async def _with_stream(port: int, work: Work) -> int:
    try:
        async with _connected(port) as stream:
            return await work(stream)
    except UNREACHABLE as fault:
        kind = type(fault).__name__
        raise Trouble(
            f"NATS gives no answer on port {port} ({kind}).", "make up"
        ) from None


@asynccontextmanager
async def _connected(port: int) -> AsyncIterator[JetStreamContext]:
    connection = await nats.connect(
        f"nats://{LOOPBACK}:{port}",
        name="native dlq",
        connect_timeout=2,
        allow_reconnect=False,
        max_reconnect_attempts=1,
        reconnect_time_wait=cast("int", 0.1),
        error_cb=_quiet,
    )
    try:
        yield connection.jetstream()
    finally:
        await connection.close()


async def _list(stream: JetStreamContext, console: Console) -> int:
    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in COLUMNS:
        table.add_column(name, overflow="fold", no_wrap=name in WHOLE)
    more = 0
    async for each in dlq.letters(stream):
        if table.row_count < LISTED:
            table.add_row(*(Text(cell) for cell in _cells(each)))
        else:
            more += 1
    if not table.row_count:
        console.print("No dead letters.")
        return 0
    console.print(table)
    if more:
        console.print(f"… and {more} more.")
    console.print("make dlq show=ID · make dlq replay=ID · make dlq replay=all")
    return 0


def _cells(dead: DeadLetter) -> tuple[str, ...]:
    """As many as there are columns."""
    event = dead.event
    return (
        str(dead.id),
        dead.consumer,
        masked(str(event.get("type", dead.subject))),
        masked(str(event.get("subject", "-"))),
        dead.error,
        str(dead.deliveries),
        _spell(dead.died_at),
    )


def _show(dead: DeadLetter, console: Console) -> int:
    facts = {
        **dict(zip(COLUMNS, _cells(dead), strict=True)),
        "event id": dead.event_id,
        "sent to": dead.subject,
        "first at": _spell(dead.first_at),
        "place": f"{dead.stream} {dead.stream_seq}",
        "TraceID": (dead.traceparent or "-" * 4).split("-")[1] or "-",
    }
    table = Table.grid(padding=(0, 2))
    for name, value in facts.items():
        table.add_row(Text(name, style="dim"), Text(masked(value)))
    console.print(table)
    console.print(Text(masked(_payload(dead))), soft_wrap=True)
    return 0


def _payload(dead: DeadLetter) -> str:
    if dead.event:
        return json.dumps(dead.event, indent=2, ensure_ascii=False)
    return dead.payload.decode(errors="replace")


async def _replay(stream: JetStreamContext, asked: str, console: Console) -> int:
    """Those that are there now: what dies again meanwhile waits for the next time."""
    if asked != ALL:
        chosen = [await _found(stream, int(asked))]
    else:
        chosen = [each async for each in dlq.letters(stream)]
    kept = 0
    for each in chosen:
        try:
            await dlq.replay(stream, each)
        except dlq.Unreplayable as fault:
            kept += 1
            console.print(f"{each.id} stays: {fault}", style="yellow", markup=False)
        else:
            console.print(f"{each.id} → {each.consumer}", markup=False)
    console.print(f"{len(chosen) - kept} replayed." if chosen else "No dead letters.")
    return 1 if kept else 0


async def _found(stream: JetStreamContext, id: int) -> DeadLetter:
    found = await dlq.letter(stream, id)
    if found is None:
        raise Trouble(f"There is no dead letter {id}, or no more.", "make dlq")
    return found


def _spell(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


async def _quiet(_fault: Exception) -> None:
    """What is wrong is told once, as trouble."""
