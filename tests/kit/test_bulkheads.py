"""A service that hangs fills its own bulkhead, and no other."""

import asyncio

import pytest

from apps.kit import deadlines
from apps.kit.bulkheads import Bulkhead, BulkheadFull


async def hold(bulkhead, until):
    async with bulkhead.place():
        await until.wait()


@pytest.fixture
async def full():
    """Both places are taken until the test is over."""
    bulkhead, until = Bulkhead("bank", 2, wait_s=0.02), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(hold(bulkhead, until))
        await asyncio.sleep(0)
        yield bulkhead, until
        until.set()


async def test_who_finds_no_place_is_refused_before_long(full, told):
    bulkhead, _ = full
    begun = asyncio.get_running_loop().time()

    with pytest.raises(BulkheadFull):
        async with bulkhead.place():
            pytest.fail("there was a third place")

    assert asyncio.get_running_loop().time() - begun < 0.5
    assert bulkhead.in_use == 2
    assert told.counted("bulkhead.refused", bulkhead_name="bank") == 1
    assert told.measured("bulkhead.in_use", bulkhead_name="bank") == 2


async def test_who_waits_gets_the_place_that_gets_free(full, told):
    bulkhead, until = full

    async def enters():
        async with bulkhead.place():
            return True

    waiting = asyncio.ensure_future(enters())
    await asyncio.sleep(0)
    until.set()

    assert await waiting
    assert told.counted("bulkhead.refused") == 0


async def test_nobody_waits_past_his_callers_deadline(full, told):
    bulkhead, _ = full
    patient = Bulkhead("fraud", 1, wait_s=60.0)
    async with patient.place():
        with deadlines.within(0.01), pytest.raises(BulkheadFull):
            async with asyncio.timeout(5), patient.place():
                pytest.fail("there was a second place")

    assert (bulkhead.in_use, patient.in_use) == (2, 0)


async def test_what_fails_or_is_broken_off_gives_its_place_back(told):
    bulkhead = Bulkhead("bank", 1)
    for fault in (ValueError, asyncio.CancelledError):
        with pytest.raises(fault):
            async with bulkhead.place():
                raise fault

    assert bulkhead.in_use == 0
    async with bulkhead.place():
        assert bulkhead.in_use == 1
