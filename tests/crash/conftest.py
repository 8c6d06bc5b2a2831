"""The world that these tests break, up once for all of them; it is whole in between."""

import asyncio
from pathlib import Path

import pytest

from .till import Till
from .world import World

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """What runs in the world needs both servers; starting all may take longer."""
    for item in items:
        if HERE in item.path.parents and "running" in item.fixturenames:
            item.add_marker("postgres")
            item.add_marker("nats")
            item.add_marker(pytest.mark.timeout(400, func_only=True))


@pytest.fixture(scope="package")
def running(postgres_port, tmp_path_factory):
    world = World.at(postgres_port, tmp_path_factory.mktemp("crash"))
    try:
        asyncio.run(world.start())
        yield world
    finally:
        for process in world.processes:
            process.kill()


@pytest.fixture
async def world(running):
    """Whoever did not survive the test before, or was told to die, is himself again."""
    for process in running.processes:
        if not process.is_itself:
            await process.restart()
    return running


@pytest.fixture
async def books(world):
    """What is kept, with nothing under way."""
    async with world.opened() as books:
        await books.final()
        yield books


@pytest.fixture
async def till(world, books):
    till = Till(world["payments"].url, books)
    yield till
    await till.close()
