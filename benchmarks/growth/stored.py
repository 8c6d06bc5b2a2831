"""What payments cost when many are stored: statements stay flat, or they do not."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import aiohttp
import asyncpg
from rich.table import Table

from benchmarks import lag
from benchmarks.phases import Phase, saturate
from benchmarks.stacks import Stack, console
from loadtests.tokens import bearer
from native import postgres

from .filling import Books
from .logged import logged
from .statements import Statement, executions, explained, named, pages, scans, summed

SIZES = (10_000, 100_000, 1_000_000)
TEMPLATES_S, TILLS, SAMPLE_S, WARM_S = 25.0, 4, 8.0, 4.0
STATISTICS_S = 1.5
"""From a transaction's end until all may see what it read."""

READS = (
    "/payments/{id}",
    "/payments/{id}/events",
    "/payments?limit=50",
    "/payments?pos_id=POS-01&status=captured",
    "/cards",
    "/pos",
)
TIMES = 10
FLAT = 2.0
"""So many times the pages of the smallest books: a level more in each index."""

FEW_PAGES = 24

LARGE = "SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 1000"
READ = """
SELECT s.relname, s.seq_scan, s.seq_tup_read,
    heap_blks_read + heap_blks_hit + coalesce(idx_blks_read + idx_blks_hit, 0) AS pages
FROM pg_stat_user_tables s JOIN pg_statio_user_tables USING (relid)
"""
SIZE = "SELECT pg_database_size(current_database())"


@dataclass(frozen=True, slots=True)
class Stored:
    """So many payments, and what it then costs to pay and to look."""

    payments: int
    filled_s: float
    mib: float
    phase: Phase
    pages: dict[str, float]
    """Looked at for each payment paid, by table, all work on it included."""
    scanned: dict[str, int]
    """Rows read by scans of large tables from end to end, by anybody."""
    statements: list[Statement]


async def measure(
    stack: Stack, sizes: tuple[int, ...], seconds: float = TEMPLATES_S
) -> list[Stored]:
    await saturate(stack, TILLS, seconds)
    db = await lag.connect_to(stack.ports, "payments")
    try:
        books = Books(db)
        await books.begin(200)
        return [await _at(stack, db, books, size) for size in sizes]
    finally:
        await db.close()


async def _at(stack: Stack, db: Any, books: Books, size: int) -> Stored:
    console.print(f"  Filling up to {size:,} payments …", style="dim")
    filled_s = await books.fill(size)
    await saturate(stack, TILLS, WARM_S)
    before, log = await _read(db), list[str]()
    home, file = postgres.data(stack.instance), stack.instance.log("postgres")
    with logged(home, file, log):
        phase = await saturate(stack, TILLS, SAMPLE_S)
        await _look(stack, db)
        await asyncio.sleep(STATISTICS_S)
    after = await _read(db)
    large = frozenset(row["relname"] for row in await db.fetch(LARGE))
    return Stored(
        await books.count(),
        filled_s,
        await db.fetchval(SIZE) / 1024**2,
        phase,
        {
            table: (after[table]["pages"] - seen["pages"]) / max(1, phase.paid)
            for table, seen in before.items()
        },
        {
            table: after[table]["seq_tup_read"] - seen["seq_tup_read"]
            for table, seen in before.items()
            if table in large and after[table]["seq_tup_read"] > seen["seq_tup_read"]
        },
        await _statements(db, log, large),
    )


async def _read(db: Any) -> Mapping[str, Any]:
    return {row["relname"]: row for row in await db.fetch(READ)}


async def _look(stack: Stack, db: Any) -> None:
    """Somebody looks at payments, at their history and at lists of them."""
    newest = "SELECT payment_id FROM payment ORDER BY payment_id DESC LIMIT 1"
    some = await db.fetchval(newest)
    async with aiohttp.ClientSession(stack.url, headers=bearer(stack.url)) as http:
        for path in READS * TIMES:
            async with http.get(f"/api/v1{path.format(id=some)}") as answer:
                await answer.read()


async def _statements(
    db: Any, log: list[str], large: frozenset[str]
) -> list[Statement]:
    found = []
    for sql, (times, ms, last) in summed(executions(log, "payments")).items():
        if "bench_" in sql or "pg_stat" in sql or "pg_class" in sql:
            continue
        try:
            plan = await explained(db, last)
        except asyncpg.PostgresError as why:
            about = str(why).partition("\n")[0]
            found.append(Statement(sql, times, ms, not_explained=about))
        else:
            read = tuple(sorted(set(scans(plan, large))))
            found.append(Statement(sql, times, ms, pages(plan), read))
    return sorted(found, key=lambda each: -each.times * each.ms)


def as_json(found: list[Stored]) -> list[dict[str, object]]:
    return [asdict(each) for each in found]


def grown(found: list[Stored]) -> list[str]:
    """What is not flat: a statement that looks at far more pages, or reads a table whole."""
    first, last = found[0], found[-1]
    before = {each.sql: each for each in first.statements}
    wrong = []
    for each in last.statements:
        if each.scans:
            wrong.append(f"reads {', '.join(each.scans)} whole: {each.name}")
        was = before.get(each.sql)
        if was and was.buffers and each.buffers:
            most = max(FEW_PAGES, FLAT * was.buffers)
            if each.buffers > most:
                wrong.append(f"{was.buffers} → {each.buffers} pages: {each.name}")
    return wrong


def tables(found: list[Stored]) -> list[Table]:
    heads = (f"{each.payments:,}" for each in found)
    shown = Table("stored payments", *heads, title="Growth of the books")
    rows: dict[str, list[str]] = {
        "filled in": [f"{each.filled_s:.0f} s" for each in found],
        "on disk": [f"{each.mib:,.0f} MiB" for each in found],
        "payments/s, 4 tills": [f"{each.phase.per_s:.1f}" for each in found],
        "CPU ms of postgres each": [
            f"{each.phase.cpu_ms['postgres']:.1f}" for each in found
        ],
        "pages looked at for each": [f"{sum(x.pages.values()):.0f}" for x in found],
        "rows scanned": [str(sum(each.scanned.values())) for each in found],
    }
    for path in found[0].phase.paths:
        rows[f"{path}, p50"] = [f"{x.phase.paths[path]['p50']:.0f} ms" for x in found]
    for name, cells in rows.items():
        shown.add_row(name, *cells)
    return [shown, _statement_table(found)]


def _statement_table(found: list[Stored]) -> Table:
    shown = Table("statement", "times", title="Statements: median ms / pages")
    for each in found:
        shown.add_column(f"{each.payments:,}", justify="right")
    by_size = [{one.sql: one for one in each.statements} for each in found]
    for one in found[-1].statements:
        cells = [_cell(known.get(one.sql)) for known in by_size]
        shown.add_row(named(one.sql), str(one.times), *cells)
    return shown


def _cell(statement: Statement | None) -> str:
    if statement is None:
        return ""
    looked = "" if statement.buffers is None else f" / {statement.buffers}"
    mark = " scan!" if statement.scans else ""
    return f"{statement.ms:.2f}{looked}{mark}"
