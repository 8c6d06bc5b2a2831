"""Among many traces the slowest are found, though a search tells any of them."""

import re

import pytest

from apps.console.domain.finds import Find, Wish
from apps.console.usecases.finding import MOST, SHOWN, found
from tests.console.fakes import FakeServer, fake_ports

PLAIN = [20.0 + n % 7 for n in range(5_000)]


def tempo(*took):
    """Holds traces that took so many milliseconds, and tells the first that it comes by."""
    kept = [Find(f"{n:032x}", "s", "n", n, ms, {}) for n, ms in enumerate(took)]

    def search(query, _window):
        said = re.search(r"trace:duration > (\d+)ms", query)
        over = int(said[1]) if said else 0
        return [find for find in kept if find.ms > over][:MOST]

    return FakeServer(search=search)


@pytest.mark.parametrize("slow", [[9_000.0 + n for n in range(3)],
                                  [30.0 + n for n in range(120)],
                                  [1.01**n for n in range(400, 1_100)]])  # fmt: skip
async def test_the_slowest_are_found_however_many_are_quick(slow):
    took = [*PLAIN, *slow]
    ports = fake_ports(tempo=tempo(*took))

    finds = await found(Wish("slow"), ports)

    slowest = sorted(took, reverse=True)[: min(len(slow), SHOWN)]
    assert [find.ms for find in finds][: len(slowest)] == slowest
    assert len({find.trace for find in finds}) == SHOWN
    assert len(ports.tempo.asked) < 15


async def test_few_are_asked_for_once():
    ports = fake_ports(tempo=tempo(3.0, 9.0, 1.0))

    finds = await found(Wish("slow"), ports)

    assert [find.ms for find in finds] == [9.0, 3.0, 1.0]
    assert len(ports.tempo.asked) == 1


async def test_what_is_not_asked_for_by_time_comes_by_its_age():
    ports = fake_ports(tempo=tempo(*range(1, 100)))

    finds = await found(Wish(), ports)

    assert [find.start for find in finds] == [*range(98, 98 - SHOWN, -1)]
    assert len(ports.tempo.asked) == 1
