"""The search for garbage in cycles."""

import gc
import weakref

import pytest

from apps.kit.garbage import YOUNG, spare_what_is_there


@pytest.fixture(autouse=True)
def as_it_was():
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


class Cycle:
    def __init__(self):
        self.itself = self


def test_what_is_there_is_searched_no_more():
    there = Cycle()

    spare_what_is_there()

    assert gc.get_freeze_count() > 0
    assert all(each is not there for each in gc.get_objects())


def test_a_cycle_that_is_made_later_goes_nevertheless():
    spare_what_is_there()

    gone = weakref.ref(Cycle())
    many = [[] for _ in range(2 * YOUNG)]

    assert gone() is None
    assert len(many) > YOUNG  # enough that somebody looked
