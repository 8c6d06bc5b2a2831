"""Whose CPU it was is told by span, though all coroutines share one thread."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time

from opentelemetry.trace import SpanKind

from apps.kit.profiling import Profile, asked_for
from apps.kit.signals import started
from native.paths import ROOT

BUSY = """
import asyncio, random, sys, time, uvloop
from opentelemetry.trace import SpanKind
from apps.kit import profiling, telemetry
from apps.kit.signals import started

chance = random.Random(1)

async def works(name, slice_s, total_s):
    with started(name, SpanKind.INTERNAL):
        used = 0.0
        while used < total_s:
            turn = slice_s * chance.uniform(0, 2)  # never in step with the ticks
            begun = time.thread_time()
            while time.thread_time() - begun < turn:
                sum(range(100))
            used += turn
            await asyncio.sleep(0)

async def both():
    await asyncio.gather(works("much", 0.003, 1.8), works("little", 0.001, 0.6))

telemetry.start("payments")
with profiling.asked_for("payments-1"):
    uvloop.run(both())
"""
EXPORTERS = {f"OTEL_{each}_EXPORTER": "none" for each in ("TRACES", "METRICS", "LOGS")}


def samples(folder):
    file = folder / "payments-1.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_coroutines_that_take_turns_on_one_thread_are_told_apart(tmp_path):
    where = {"PAYSCOPE_PROFILES": str(tmp_path), "PATH": os.environ["PATH"]}

    subprocess.run(
        [sys.executable, "-c", BUSY], check=True, cwd=ROOT, env={**where, **EXPORTERS}
    )

    used = {"much": 0.0, "little": 0.0}
    ids = {name: set() for name in used}
    for each in samples(tmp_path):
        if name := each.get("span"):
            used[name] += each["cpu_ms"]
            ids[name].add((each["trace_id"], each["span_id"]))
            assert "works" in each["stack"]
    assert 1.8 < used["much"] / used["little"] < 6
    assert 1800 < sum(used.values()) < 3000
    assert {len(each) for each in ids.values()} == {1}
    assert ids["much"] != ids["little"]


async def test_who_waits_has_no_samples(told, tmp_path):
    profile = Profile(tmp_path / "payments-1.jsonl")
    profile.start()
    try:
        with started("test.waits", SpanKind.INTERNAL):
            await asyncio.sleep(0.3)
    finally:
        profile.stop()

    assert sum(each["cpu_ms"] for each in samples(tmp_path)) < 100


def test_nobody_asked_and_nothing_ticks(monkeypatch, tmp_path):
    monkeypatch.delenv("PAYSCOPE_PROFILES", raising=False)

    with asked_for("payments-1"):
        assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)


def test_a_full_disk_is_nobodys_fault(monkeypatch, tmp_path):
    profile = Profile(tmp_path / "payments-1.jsonl")
    profile.start()
    (tmp_path / "payments-1.jsonl").unlink()
    tmp_path.joinpath("payments-1.jsonl").mkdir()
    begun = time.thread_time()
    while time.thread_time() - begun < 0.05:
        sum(range(100))

    profile.stop()

    assert signal.getitimer(signal.ITIMER_PROF) == (0.0, 0.0)
