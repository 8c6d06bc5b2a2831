"""What a process says that it costs, and when its interpreter stopped everything."""

import gc
import logging

import pytest

from apps.kit import runtime
from apps.kit.runtime import Collections, Runtime, Use, used
from apps.kit.signals import tell
from apps.kit.writing import NUMBERS, way


def test_the_system_is_asked_what_this_process_has():
    before = used()
    kept = [bytearray(1024) for _ in range(64 * 1024)]
    while used().user_s == before.user_s:
        sum(range(100_000))
    now = used()

    assert now.user_s > before.user_s
    assert now.threads >= 1
    assert now.memory is not None
    assert before.memory is not None
    assert now.memory - before.memory > len(kept) * 1024 / 2
    assert now.files is not None
    assert now.files > 3


def test_where_there_is_no_proc_less_is_told(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "STAT", tmp_path / "none")

    now = used()

    assert now.user_s > 0
    assert (now.memory, now.files) == (None, None)


async def test_cpu_is_counted_once_and_the_rest_is_as_it_is(told):
    said = [Use(2.0, 0.5, 3, 100, 9), Use(2.5, 0.5, 4, 90, 8)]
    measured = Runtime(lambda: said.pop(0))

    await measured.measure()
    assert told.measured("process.memory.usage") == 100
    await measured.measure()

    assert told.counted("process.cpu.time", cpu_mode="user") == pytest.approx(2.5)
    assert told.counted("process.cpu.time", cpu_mode="system") == pytest.approx(0.5)
    assert told.measured("process.thread.count") == 4
    assert told.measured("process.memory.usage") == 90
    assert told.measured("process.unix.file_descriptor.count") == 8


async def test_what_is_not_known_is_not_told(told):
    await Runtime(lambda: Use(0.0, 0.0, 1)).measure()

    assert told.measured("process.thread.count") == 1
    assert told.counted("process.cpu.time") == 0.0


def test_a_search_is_told_later_not_while_it_lasts(told):
    clock = iter([1.0, 1.25])
    heard = Collections(lambda: next(clock))
    heard("start", {"generation": 2, "collected": 0})
    heard("stop", {"generation": 2, "collected": 7})
    assert told.counted("cpython.gc.collections") == 0

    heard.tell()
    heard.tell()

    assert told.counted("cpython.gc.collections", cpython_gc_generation=2) == 1
    assert told.counted("cpython.gc.collected_objects") == 7
    assert told.counted("cpython.gc.pause") == 1


async def test_real_searches_are_heard_while_it_runs_and_not_after(told):
    running = Runtime()
    await running.start()
    gc.collect()
    await running.measure()
    heard = told.counted("cpython.gc.collections", cpython_gc_generation=2)
    await running.stop()

    gc.collect()
    await running.measure()

    assert heard == 1
    assert told.counted("cpython.gc.collections", cpython_gc_generation=2) == heard


async def test_lines_are_counted_by_level_ours_and_libraries(told):
    running = Runtime(lambda: Use(0.0, 0.0, 1))
    await running.measure()
    before = {
        level: told.counted("log.records", log_level=level)
        for level in ("debug", "info", "warning", "error")
    }

    tell("fact.told", {})
    tell("fact.told", {}, level="warning")
    logging.getLogger("some.library").critical("somebody must look")
    logging.getLogger("some.library").log(25, "between info and warning")
    await running.measure()

    assert {
        level: told.counted("log.records", log_level=level) - count
        for level, count in before.items()
    } == {"debug": 0, "info": 2, "warning": 1, "error": 1}


async def test_a_level_at_which_nothing_was_written_is_told_as_0(told, monkeypatch):
    monkeypatch.setattr(way, "written", dict.fromkeys(NUMBERS, 0))

    await Runtime(lambda: Use(0.0, 0.0, 1)).measure()

    assert [told.measured("log.records", log_level=level) for level in NUMBERS] == [
        0, 0, 0, 0,
    ]  # fmt: skip
