"""Tables are built of what was measured, and tell it."""

import json
from dataclasses import asdict, replace
from io import StringIO

import pytest
from rich.console import Console

from benchmarks import alone, beside, prices, whole
from benchmarks.alone import Alone
from benchmarks.costs import Memory, service
from benchmarks.growth import replicas, stored, users
from benchmarks.growth.statements import Statement
from benchmarks.growth.stored import Stored
from benchmarks.locusts import Locust, read
from benchmarks.phases import Phase
from benchmarks.prices import ALL, OFF, ORDER, TRACES, Prices, Visit
from benchmarks.whole import Whole, keeps_up

TIMES = {"p50": 50.0, "p95": 100.0, "p99": 200.0}
QUIET = Phase(
    rate=10.0,
    seconds=60.0,
    paid=600,
    errors=0.0,
    wrong={},
    paths={"floor limit": TIMES, "bank": TIMES},
    cpu_ms={"payments": 25.0, "payments-2": 5.0, "gateway": 5.0, "postgres": 15.0},
    client_ms=1.5,
    machine_ms=60.0,
    settled_s=2.0,
    done_last={},
    memory={"payments": Memory(90.0, 130.0), "postgres": Memory(200.0, 900.0)},
)
BUSY = replace(QUIET, rate=30.0, paid=1800)
OVERRUN = replace(QUIET, rate=60.0, errors=0.2, wrong={"503": 120})


def told(*tables):
    console = Console(file=StringIO(), width=160)
    for table in tables:
        console.print(table)
    return console.file.getvalue()


def test_a_phase_knows_its_sums():
    assert QUIET.per_s == 10.0
    assert QUIET.stack_ms == 50.0
    assert QUIET.of() == 35.0
    assert QUIET.whole == Memory(290.0, 1030.0)
    assert QUIET.lasting_per_s == pytest.approx(600 / 62)


def test_a_replica_is_one_of_its_service():
    assert service("payments-2") == "payments"
    assert service("payments") == "payments"


@pytest.mark.parametrize(
    "worse",
    [
        {"errors": 0.002},
        {"settled_s": 16.0},
        {"paths": {"floor limit": TIMES, "bank": {**TIMES, "p99": 1100.0}}},
    ],
)
def test_the_stack_keeps_up_while_few_fail_and_little_waits(worse):
    assert keeps_up(QUIET)
    assert not keeps_up(replace(QUIET, **worse))


def test_the_whole_is_told_by_rate_path_and_process():
    locust = Locust(300, 2.5, 0.025)
    found = Whole([QUIET, BUSY], [BUSY, OVERRUN], 30.0, BUSY, locust)

    said = told(*whole.tables(found))

    assert "knee at 30.0 payments/s" in said
    assert "2.5 ms per request, 2% of a core" in said
    assert "payments-2" in said
    assert "did not" in said
    assert json.dumps(found.as_json())


def test_costs_are_ratios_to_the_yardstick_and_little_ones_are_left_out():
    quiet = replace(QUIET, cpu_ms={**QUIET.cpu_ms, "prometheus": 0.1})
    found = whole.ratios(Whole([quiet], [], 30.0, None, None), 0.010)

    by_name = {each.name: each.value for each in found}

    assert by_name["cpu of payments"] == pytest.approx(2.5)
    assert by_name["knee"] == pytest.approx(0.3)
    assert by_name["memory"] == pytest.approx(290 / 1536)
    assert "cpu of prometheus" not in by_name


def test_a_sustained_run_has_no_ratios():
    assert whole.ratios(Whole([], [], 0.0, BUSY, None), 0.010) == []


def test_telemetry_is_told_against_none_by_medians_of_its_visits():
    cost = {OFF: 20.0, TRACES: 24.0, ALL: 25.0}
    visits = [
        Visit(name, replace(QUIET, cpu_ms={"payments": cost[name] + n % 2}), BUSY)
        for n, name in enumerate(ORDER)
    ]
    found = Prices(visits)

    assert found.against_off("path, CPU ms", ALL) == pytest.approx(25.5 / 20.5)
    assert found.against_off("payments/s", ALL) == 1.0
    assert "all / off" in told(prices.table(found))
    assert json.dumps(found.as_json())
    assert {each.name for each in prices.ratios(found)} >= {"telemetry all/off: path"}


def test_each_variant_of_telemetry_is_visited_early_and_late():
    assert tuple(reversed(ORDER)) == ORDER
    assert set(ORDER) == set(prices.VARIANTS)


def test_services_alone_are_told_in_the_order_of_a_payment():
    found = [
        Alone("fraud", "an assessment", 100, 10.0, 2.0),
        Alone("gateway", "terminals", 100, 10.0, 1.0),
    ]

    said = told(alone.table(found))

    assert said.index("gateway") < said.index("fraud")
    assert alone.ratios(found, 0.010)[0].value == pytest.approx(0.2)


def test_peers_are_read_from_their_last_line():
    way = {"name": "ours", "cpu_us": 500, "added_us": 80}
    last = json.dumps({"peers": [way], "added_ratio": 0.21})

    found = beside.read(f"a table\n{last}\n")

    assert beside.ratios(found)[0].value == 0.21
    assert "added us" in told(beside.table(found))


def test_locust_is_read_from_its_own_account(tmp_path):
    run = {"locust_cpu_s": 3.0, "locust_cpu_share": 0.1}
    (tmp_path / "run.json").write_text(json.dumps(run))
    (tmp_path / "history-1.jsonl").write_text("{}\n{}\n")
    (tmp_path / "history-2.jsonl").write_text("{}\n")

    assert read(tmp_path / "run.json") == Locust(3, 1000.0, 0.1)


def test_replicas_and_users_are_told_in_rows():
    said = told(replicas.table({1: QUIET, 2: BUSY}), users.table({10: QUIET}))

    assert "30.0" in said
    assert "10.0" in said


def statement(sql, pages, *scans):
    return Statement(sql, 10, 0.5, pages, scans)


def books(payments, *statements):
    phase = replace(QUIET, rate=0.0)
    return Stored(payments, 1.0, 50.0, phase, {"payment": 12.0}, {}, list(statements))


def test_statements_that_stay_flat_are_not_named():
    before = books(10_000, statement("SELECT 1", 4))
    after = books(1_000_000, statement("SELECT 1", 6))

    assert stored.grown([before, after]) == []
    assert "1,000,000" in told(*stored.tables([before, after]))


def test_statements_that_grow_or_read_a_table_whole_are_named():
    before = books(10_000, statement("SELECT 1", 30), statement("SELECT 2", 4))
    after = books(
        1_000_000, statement("SELECT 1", 900), statement("SELECT 2", 4, "payment")
    )

    wrong = stored.grown([before, after])

    assert wrong == ["30 → 900 pages: SELECT 1", "reads payment whole: SELECT 2"]
    assert json.dumps(stored.as_json([before, after]))


def test_a_phase_is_json():
    assert json.dumps(asdict(QUIET))
