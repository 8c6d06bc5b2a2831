"""Work that is done again and again."""

import asyncio
import time

from apps.kit.jobs import Every


async def test_work_goes_on_after_it_failed_and_ends_with_its_service(told):
    done = []

    async def work() -> None:
        done.append(None)
        if len(done) == 1:
            raise ValueError("no")

    job = Every("things.do", 0.01, work)
    await job.start()
    async with asyncio.timeout(5):
        while len(done) < 3:
            await asyncio.sleep(0.01)
    await job.stop()

    failure = told.event("job.failed")
    assert failure["job.name"] == "things.do"
    assert failure["error.type"] == "ValueError"
    assert told.counted("jobs.runs", job_name="things.do", job_outcome="failed") == 1
    assert told.counted("jobs.runs", job_name="things.do", job_outcome="done") >= 2
    ended = len(done)
    await asyncio.sleep(0.05)
    assert len(done) == ended


async def test_a_job_that_only_fails_did_its_work_longer_and_longer_ago(told):
    async def work() -> None:
        raise ValueError("no")

    begun = time.time()
    job = Every("things.fail", 0.01, work, at_once=True)
    await job.start()
    async with asyncio.timeout(5):
        while len(told.events("job.failed")) < 3:
            await asyncio.sleep(0.01)
    await job.stop()

    last = told.measured("jobs.last_success", job_name="things.fail")
    assert begun <= last <= begun + 1


async def test_it_is_told_when_a_job_last_did_its_work(told):
    done = []

    async def work() -> None:
        done.append(time.time())
        if len(done) > 2:
            raise ValueError("no")

    job = Every("things.end", 0.01, work, at_once=True)
    await job.start()
    async with asyncio.timeout(5):
        while len(done) < 4:
            await asyncio.sleep(0.01)
    await job.stop()

    last = told.measured("jobs.last_success", job_name="things.end")
    assert done[1] <= last <= done[2]
