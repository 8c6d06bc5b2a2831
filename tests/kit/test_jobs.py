"""Work that is done again and again."""

import asyncio

from apps.kit.jobs import Every


async def test_work_goes_on_after_it_failed_and_ends_with_its_service(told):
    done = []

    async def work() -> None:
        done.append(None)
        if len(done) == 1:
            raise ValueError("no")

    job = Every(0.01, work)
    await job.start()
    async with asyncio.timeout(5):
        while len(done) < 3:
            await asyncio.sleep(0.01)
    await job.stop()

    assert told.event("job.failed")["error.type"] == "ValueError"
    ended = len(done)
    await asyncio.sleep(0.05)
    assert len(done) == ended
