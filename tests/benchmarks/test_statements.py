from benchmarks.growth.copies import Copied, statement
from benchmarks.growth.statements import executions, named, pages, scans, summed

LOG = """\
2026-11-22 15:00:00.000 UTC [77] payments LOG:  duration: 0.150 ms  parse __asyncpg_stmt_1__: SELECT 1
2026-11-22 15:00:00.001 UTC [77] payments LOG:  duration: 0.200 ms  bind __asyncpg_stmt_1__:~
	SELECT status FROM payment
	WHERE payment_id = $1 AND status = $2
2026-11-22 15:00:00.001 UTC [77] payments DETAIL:  parameters: $1 = '01a2', $2 = 'it''s'
2026-11-22 15:00:00.002 UTC [77] payments LOG:  duration: 0.300 ms  execute __asyncpg_stmt_1__:~
	SELECT status FROM payment
	WHERE payment_id = $1 AND status = $2
2026-11-22 15:00:00.002 UTC [77] payments DETAIL:  parameters: $1 = '01a2', $2 = 'it''s'
2026-11-22 15:00:00.003 UTC [78] bank LOG:  duration: 9.000 ms  execute __asyncpg_stmt_1__: SELECT 2
2026-11-22 15:00:00.004 UTC [77] payments LOG:  duration: 0.010 ms  execute x: COMMIT;
2026-11-22 15:00:00.005 UTC [77] payments LOG:  duration: 0.100 ms  execute y: SELECT $1::text: 3
2026-11-22 15:00:00.005 UTC [77] payments DETAIL:  parameters: $1 = NULL
""".replace("~", " ")


def test_a_log_is_read_with_statements_of_several_lines_and_their_values():
    found = list(executions(LOG.splitlines(), "payments"))

    bind, execute, commit, last = found
    assert (bind.step, execute.step, commit.sql) == ("bind", "execute", "COMMIT;")
    assert execute.literals == ("'01a2'", "'it''s'")
    assert execute.sql.startswith("\nSELECT status FROM payment\nWHERE")
    assert (last.sql, last.literals) == ("SELECT $1::text: 3", ("NULL",))


def test_a_statement_costs_its_planning_and_its_execution():
    found = summed(executions(LOG.splitlines(), "payments"))

    (times, ms, last), *_ = found.values()
    assert (times, ms) == (1, 0.5)
    assert named(last.sql).startswith("SELECT status FROM payment WHERE payment_id")
    assert "COMMIT;" not in found


def test_scans_of_large_tables_are_found_wherever_they_are():
    small = {"Node Type": "Seq Scan", "Relation Name": "merchant"}
    large = {"Node Type": "Seq Scan", "Relation Name": "payment"}
    plan = {
        "Node Type": "Hash Join",
        "Shared Hit Blocks": 5,
        "Shared Read Blocks": 2,
        "Plans": [small, {"Node Type": "Sort", "Plans": [large]}],
    }

    assert list(scans(plan, frozenset({"payment"}))) == ["payment"]
    assert pages(plan) == 7


def test_a_copy_has_ids_of_its_own_and_was_earlier():
    copied = Copied("refund", "true", {"refund_id": "bench_id(t.refund_id, nth)"})
    columns = {
        "refund_id": "uuid",
        "amount": "bigint",
        "at": "timestamp with time zone",
    }

    sql = statement(copied, columns)

    assert sql.startswith("INSERT INTO refund (refund_id, amount, at) SELECT bench_id(")
    assert "t.amount, t.at - nth * interval '8 s' FROM" in sql
