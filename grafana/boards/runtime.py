"""Runtime and databases: what our processes cost, and how those they stand on fare."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.kit import database, health, runtime, stream_watch
from grafana.house import asked, lines
from grafana.panels import Panel, Rows, drawn, levels, others, rates
from grafana.promql import WINDOW, label, legend, quantile, together

WHAT = "What our processes cost, and how PostgreSQL and NATS fare."
DOORS = {"Telemetry pipeline": "payscope-pipeline", "Inside": "payscope-inside"}
REPLICA = "service.instance.id"
SERVICE = "service.name"
DATABASE = "{{db_namespace}}"
CONSUMER = stream_watch.CONSUMER


def of_postgres(series: str, *, name: str = DATABASE) -> dict[str, str]:
    return {name: f"sum by (db_namespace) (rate(postgresql_{series}[{WINDOW}]))"}


def hits() -> dict[str, str]:
    """Nothing while nothing is read."""
    hit, read = (
        f"sum by (db_namespace) (rate(postgresql_blks_{what}_total[{WINDOW}]))"
        for what in ("hit", "read")
    )
    return {DATABASE: f"{hit} / ({hit} + {read} > 0)"}


def pauses() -> Panel:
    about = "The longest that a search for garbage stopped a process at once."
    panel = lines("Longest search", about, "s", share=3)
    expr = quantile(1, runtime.PAUSE, REPLICA)
    return panel.with_target(asked(expr, legend(REPLICA)))


def late() -> Panel:
    about = "99 of 100 wakings of an event loop were less late; it rises with the load."
    panel = lines("Event loops", about, "s", share=3)
    return panel.with_target(
        asked(quantile(0.99, health.LAG, REPLICA), legend(REPLICA))
    )


def taken() -> Panel:
    """Each service's own pool, beside its limit."""
    used = f'{label("db.client.connection.state")}="used"'
    about = "Connections in use, of those that there may be; at 1 the next one waits."
    panel = lines("Pools", about, "percentunit", share=3)
    part = together(database.CONNECTIONS, REPLICA, where=used)
    whole = together(database.MOST, REPLICA)
    return panel.with_target(asked(f"{part} / {whole}", legend(REPLICA)))


def there() -> Panel:
    about = "Whether NATS answers when it is asked how it is: 1, or 0."
    panel = lines("NATS answers", about, "short", share=3)
    return panel.with_target(asked(f"min({stream_watch.UP.promql})", "NATS"))


ROWS: Rows = {
    "Services": (
        partial(
            rates,
            "CPU",
            "Cores that each process keeps busy: one at most, for each has one loop.",
            runtime.CPU,
            REPLICA,
            unit="short",
        ),
        partial(
            levels,
            "Memory",
            "Physical memory that each process has.",
            runtime.MEMORY,
            REPLICA,
            unit="bytes",
        ),
        late,
        partial(
            rates,
            "Searches for garbage",
            "How often the interpreter looks for garbage in cycles, by generation.",
            runtime.COLLECTIONS,
            runtime.GENERATION,
            share=3,
        ),
        pauses,
        partial(
            rates,
            "Garbage",
            "Objects found to be garbage in cycles: what they are made of, they repeat.",
            runtime.COLLECTED,
            SERVICE,
            share=3,
        ),
        partial(
            levels,
            "Threads",
            "Threads of each process; they do not grow.",
            runtime.THREADS,
            REPLICA,
            share=3,
        ),
        partial(
            levels,
            "Open files",
            "Files and sockets that each process has open; without end, it leaks.",
            runtime.FILES,
            REPLICA,
            share=3,
        ),
    ),
    "PostgreSQL": (
        taken,
        partial(
            others,
            "Connections",
            "Connections to each database, and how many the server takes in all.",
            "short",
            {
                DATABASE: "sum by (db_namespace) (postgresql_backends)",
                "at most": "max(postgresql_connection_max)",
            },
            share=3,
        ),
        partial(
            others,
            "Size",
            "Bytes on disk, by database.",
            "bytes",
            {DATABASE: "sum by (db_namespace) (postgresql_db_size_bytes)"},
            share=3,
        ),
        partial(
            others,
            "Commits",
            "Transactions that were kept, by database.",
            "ops",
            of_postgres("commits_total"),
            share=3,
            stacked=True,
        ),
        partial(
            others,
            "Rollbacks and deadlocks",
            "Transactions that were not kept; a deadlock is a flaw of ours.",
            "ops",
            of_postgres("rollbacks_total")
            | of_postgres("deadlocks_total", name=f"{DATABASE} deadlocks"),
            share=3,
        ),
        partial(
            others,
            "Rows written",
            "Rows inserted, updated and deleted in all databases together.",
            "ops",
            {
                what: f"sum(rate(postgresql_tup_{what}_total[{WINDOW}]))"
                for what in ("inserted", "updated", "deleted")
            },
            share=3,
            stacked=True,
        ),
        partial(
            others,
            "Cache hits",
            "Blocks found in memory, of those looked for; below 0.99 memory is short.",
            "percentunit",
            hits(),
            share=3,
        ),
        partial(
            others,
            "Dead rows",
            "Rows that nobody sees any more and vacuum has not removed: the ten worst.",
            "short",
            {
                "{{db_namespace}} {{db_collection_name}}": "topk(10, sum by"
                ' (db_namespace, db_collection_name) (postgresql_rows{state="dead"}))'
            },
            share=3,
        ),
        partial(
            others,
            "Locks",
            "Locks held or waited for, by mode; exclusive ones that stay hold up others.",
            "short",
            {"{{mode}}": "sum by (mode) (postgresql_database_locks)"},
            share=3,
        ),
        partial(
            others,
            "Checkpoints",
            "Checkpoints begun because time was up, or because too much was written.",
            "ops",
            {
                "{{type}}": "sum by (type)"
                f" (rate(postgresql_bgwriter_checkpoint_count_total[{WINDOW}]))"
            },
        ),
        partial(
            others,
            "Buffers written",
            "Blocks written to disk, by whom; backends that write wait for the disk.",
            "ops",
            {
                "{{source}}": "sum by (source)"
                f" (rate(postgresql_bgwriter_buffers_writes_total[{WINDOW}]))"
            },
        ),
    ),
    "NATS": (
        there,
        partial(
            levels,
            "Clients",
            "Clients that NATS has; each service has one or two.",
            stream_watch.CONNECTIONS,
            share=3,
        ),
        partial(
            levels,
            "NATS' memory",
            "Memory that NATS has.",
            stream_watch.MEMORY,
            unit="bytes",
            share=3,
        ),
        partial(
            rates,
            "Messages",
            "Messages that NATS got (in) and gave (out), acknowledgements included.",
            stream_watch.MESSAGES,
            "nats.direction",
            share=3,
        ),
        partial(
            levels,
            "Kept",
            "Messages that each stream holds.",
            stream_watch.KEPT,
            stream_watch.STREAM,
            share=3,
        ),
        partial(
            levels,
            "Kept bytes",
            "Bytes that each stream holds.",
            stream_watch.SIZE,
            stream_watch.STREAM,
            unit="bytes",
            share=3,
        ),
        partial(
            levels,
            "Lag",
            "Messages that a consumer was not given yet; it falls to 0, or falls behind.",
            stream_watch.PENDING,
            CONSUMER,
        ),
        partial(
            levels,
            "Not acknowledged",
            "Messages given to a consumer that are at work, or lost with who had them.",
            stream_watch.UNACKNOWLEDGED,
            CONSUMER,
        ),
        partial(
            levels,
            "Given again",
            "Messages at work that were given before, and not acknowledged then.",
            stream_watch.REDELIVERED,
            CONSUMER,
        ),
        partial(
            levels,
            "Too slow",
            "Clients that NATS cut off since it began, for they read too slowly.",
            stream_watch.SLOW,
        ),
    ),
}


def board() -> Dashboard:
    return drawn("payscope-runtime", "Runtime and databases", WHAT, ROWS, DOORS)
