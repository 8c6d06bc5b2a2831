import json
from io import StringIO

import pytest
from rich.console import Console

from benchmarks.costs import Memory
from benchmarks.samples import Sample, Soak, growth_of
from benchmarks.soak import table


def samples(*, bank_per_minute=0.0, minutes=30):
    return [
        Sample(
            at=10.0 * n,
            memory={
                "bank": Memory(80.0 + bank_per_minute * n / 6, 110.0),
                "loki": Memory(160.0, 160.0),
            },
            files={"bank": 20, "loki": 40 + n % 2},
        )
        for n in range(minutes * 6)
    ]


def soak(found, *, left=None, errors=0.0):
    paths = {"bank": {"p50": 40.0}}
    return Soak(30.0, 10.0, found, 18_000, errors, {}, paths, left or {})


def test_what_stays_as_it_is_is_good():
    found = soak(samples())

    assert found.is_good
    assert growth_of(found.samples).by_tenths == 0.0


def test_growth_is_told_per_hour_and_by_tenths():
    growth = growth_of(samples(bank_per_minute=0.5), "bank")

    assert growth.per_hour == pytest.approx(30.0)
    assert growth.by_line == pytest.approx(30.0 / 80.0)
    assert growth.by_tenths == pytest.approx(13.5 / 80.7, rel=0.01)
    assert growth.files == (20, 20)


def test_the_whole_may_grow_by_a_twentieth():
    assert soak(samples(bank_per_minute=0.4)).is_good
    assert not soak(samples(bank_per_minute=0.6)).is_good


def test_work_that_is_left_or_errors_are_not_good():
    assert not soak(samples(), left={"payments's outbox": 3}).is_good
    assert not soak(samples(), errors=0.01).is_good


def test_a_process_that_came_later_is_measured_from_then_on():
    found = samples(minutes=1)
    found[-1].memory["payments-2"] = Memory(70.0, 90.0)

    assert growth_of(found, "payments-2").first == 70.0


def test_the_table_and_the_file_tell_every_process():
    found = soak(samples(bank_per_minute=0.5))
    console = Console(file=StringIO(), width=120)

    console.print(table(found))

    assert "loki" in console.file.getvalue()
    told = json.loads(json.dumps(found.as_json()))
    assert [each["process"] for each in told["growths"]] == ["stack", "bank", "loki"]
