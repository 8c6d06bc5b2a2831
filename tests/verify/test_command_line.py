"""What `python -m apps.verify` answers, and with which exit code."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys

import asyncpg
import nats
import pytest

from apps.kit import dlq
from apps.kit.broker import STREAM
from apps.verify import __main__ as command_line
from apps.verify import signals
from apps.verify.books import DatabaseAway, opened
from apps.verify.checks import INVARIANTS
from apps.verify.findings import Finding, Verdict
from apps.verify.settings import Settings
from apps.verify.showing import as_json

from .world import Streams, urls

NUMBERS = [f"I{n}" for n in (*range(1, 10), 11, 12, 13, 14)]
"""I10 is asked of the telemetry."""


@pytest.fixture
async def environment(database_urls, nats_port):
    """Where everything is."""
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    for config in (STREAM, dlq.STREAM):
        await connection.jetstream().add_stream(config)
    await connection.close()
    return {
        **{f"{name.upper()}_DATABASE_URL": url for name, url in database_urls.items()},
        "PAYMENTS_NATS_URL": f"nats://127.0.0.1:{nats_port}",
        "OTEL_SDK_DISABLED": "true",
    }


def verify(environment, *words):
    return subprocess.run(
        [sys.executable, "-m", "apps.verify", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.postgres
@pytest.mark.nats
async def test_all_that_holds_is_said_in_a_line_each(environment):
    done = verify(environment)

    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[1] for line in lines[:-1]] == NUMBERS
    assert "I4" in next(line for line in lines if "not checked: no history" in line)
    assert lines[-1] == "all that was looked at holds"


@pytest.mark.postgres
@pytest.mark.nats
async def test_what_is_broken_is_said_and_fails(environment):
    card = "018f3c2e-0000-7000-8000-000000000001"
    fraud = await asyncpg.connect(environment["FRAUD_DATABASE_URL"])
    await fraud.execute(
        "INSERT INTO card_risk (card_token, count) VALUES ($1, 3)", card
    )

    done = verify(environment, "--json")

    await fraud.execute("DELETE FROM card_risk WHERE card_token = $1", card)
    await fraud.close()
    told = {
        line["invariant"]: line for line in map(json.loads, done.stdout.splitlines())
    }
    assert done.returncode == 1
    assert told["I9"]["violations"] == 1
    assert card in told["I9"]["first"][0]
    assert told["I1"]["holds"] is True
    assert told["I4"]["holds"] is None


@pytest.mark.postgres
@pytest.mark.nats
async def test_the_chains_are_checked_by_themselves(environment):
    done = verify(environment, "--trails")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[1] for line in done.stdout.splitlines()[:-1]] == [
        "payments",
        "bank",
        "ledger",
    ]


@pytest.mark.postgres
@pytest.mark.nats
async def test_a_database_that_is_away_is_named(environment):
    away = {"BANK_DATABASE_URL": "postgresql://bank:bank@127.0.0.1:1/bank"}

    done = verify({**environment, **away})

    assert done.returncode == 2
    assert "the database bank is away" in done.stderr


def test_a_broker_that_is_away_is_named():
    done = verify(
        {"PAYMENTS_NATS_URL": "nats://127.0.0.1:1", "OTEL_SDK_DISABLED": "true"}
    )

    assert done.returncode == 2
    assert "the broker is away" in done.stderr


def test_a_history_that_is_not_there_is_not_understood():
    done = verify({"OTEL_SDK_DISABLED": "true"}, "--history", "nowhere.jsonl")

    assert done.returncode == 2
    assert "there is no file nowhere.jsonl" in done.stderr


def test_a_load_run_without_a_history_is_not_understood(tmp_path):
    done = verify({"OTEL_SDK_DISABLED": "true"}, "--history", str(tmp_path))

    assert done.returncode == 2
    assert f"there is no history in {tmp_path}" in done.stderr


@pytest.mark.postgres
@pytest.mark.nats
async def test_all_files_of_a_load_run_are_read(environment, tmp_path):
    for name in ("history-0.jsonl", "history-1.jsonl"):
        (tmp_path / name).write_text('{"status": 404}\n')
    (tmp_path / "run.json").write_text("{}")

    done = verify(environment, "--history", str(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "not checked: no history" not in done.stdout


@pytest.mark.postgres
async def test_the_auditor_can_write_nothing(database_urls):
    given = {f"{name}_database_url": url for name, url in database_urls.items()}

    async with opened(Settings(**given), Streams()) as books:
        for db in books.databases.values():
            with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
                async with db.transaction():
                    await db.execute("CREATE TABLE mine ()")


@pytest.mark.postgres
async def test_a_database_that_does_not_let_us_in_is_named(postgres_port):
    given = {f"{name}_database_url": url for name, url in urls(postgres_port).items()}
    given["fraud_database_url"] = given["bank_database_url"].replace(":bank@", ":x@")

    with pytest.raises(DatabaseAway, match="the database fraud is away"):
        async with opened(Settings(**given), Streams()):
            pass


def test_a_verdict_is_told_on_a_line_and_two_gauges(told):
    verdict = Verdict(INVARIANTS[0], Finding(7, ["transfer 1: +5 EUR"]))

    signals.looked(verdict)

    line = told.event("verify.looked")
    assert line["level"] == "error"
    assert line["verify.first"] == "transfer 1: +5 EUR"
    assert told.measured("verify.violations", verify_invariant="I1") == 1
    assert told.measured("verify.checked", verify_invariant="I1") == 7


def test_what_could_not_be_looked_at_is_no_zero(told):
    away = Verdict(INVARIANTS[1], away="UndefinedTableError: no table")

    signals.looked(away)

    assert told.measured("verify.violations", verify_invariant="I2") is None
    assert json.loads(as_json(away))["note"].startswith("could not look")


async def test_it_ends_when_interrupted_though_a_library_swallows_it(monkeypatch):
    async def swallowing(*_):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(30)
        return 0

    monkeypatch.setattr(command_line, "_round", swallowing)
    asked = command_line.parser().parse_args(["--watch", "0"])
    watching = asyncio.create_task(command_line.run(asked, None, None))
    await asyncio.sleep(0)

    watching.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(asyncio.shield(watching), 5)


@pytest.mark.postgres
@pytest.mark.nats
def test_it_looks_again_and_again_until_it_is_interrupted(environment):
    command = [sys.executable, "-m", "apps.verify", "--json", "--watch", "0.1"]
    with subprocess.Popen(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, text=True
    ) as watching:
        lines = [json.loads(watching.stdout.readline()) for _ in range(27)]
        watching.send_signal(signal.SIGINT)
        watching.communicate(timeout=20)

    assert [line["invariant"] for line in lines[::13]] == ["I1", "I1", "I1"]
    assert watching.returncode == 130
