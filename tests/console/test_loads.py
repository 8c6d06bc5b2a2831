"""The page that makes load: what is asked of Locust, and what is typed where it is not up."""

import re

import httpx
import pytest

from apps.console.app import loads as page
from apps.console.clients.locust import Locust
from apps.console.clients.shelf import Shelf
from apps.console.domain.boards import first_row
from apps.console.domain.loads import SHAPES, Load, Standing
from apps.console.domain.silence import Silent
from loadtests import shapes
from loadtests.command import parser
from tests.console.fakes import BOARDS, RUNBOOKS

WISH = Load("rush", 50, 3)


def locust(answer, seen=None):
    def handler(request):
        if seen is not None:
            seen.append((request.method, request.url.path, request.content.decode()))
        return httpx.Response(200, json=answer)

    return Locust("Locust", "http://x", 1.0, httpx.MockTransport(handler))


def test_shapes_are_those_of_make_load():
    assert {each.name: each.about for each in shapes.SHAPES.values()} == SHAPES


@pytest.mark.parametrize("shape", SHAPES)
def test_a_command_that_is_shown_is_taken(shape):
    words = re.findall(r"(\w+)=(\w+)", Load(shape, 7, 2).command)
    given = [
        f"--{name}" if name == "web" else f"--{name}={value}" for name, value in words
    ]

    asked = parser().parse_args(given)

    assert (asked.shape, asked.minutes, asked.web) == (shape, 2, True)
    assert 7 in (asked.users, asked.rate)


@pytest.mark.parametrize(
    "said",
    [
        {"users": "0"}, {"users": "501"}, {"users": "-1"}, {"users": "x"},
        {"minutes": "121"}, {"minutes": ""}, {"shape": "x; rm -rf /"},
        {"users": "9" * 400},
    ],
)  # fmt: skip
def test_a_wish_without_sense_is_none(said):
    good = {"shape": "rush", "users": "50", "minutes": "3"}

    assert Load.of(good) == WISH
    assert Load.of(good | said) is None


async def test_locust_is_asked_as_its_own_page_does():
    seen = []
    asked = locust({"success": True}, seen)

    await asked.begin(WISH)
    await asked.end()
    await asked.stop()

    assert seen == [
        ("POST", "/swarm", "user_count=50&spawn_rate=10&run_time=3m"),
        ("POST", "/stop", ""),
    ]


async def test_why_locust_does_not_start_is_said():
    asked = locust({"success": False, "message": "no runner"})

    with pytest.raises(Silent, match="no runner"):
        await asked.begin(WISH)


async def test_how_it_stands_is_read_whether_it_runs_or_not():
    lately = {
        "response_time_percentile_0.5": 12.0,
        "response_time_percentile_0.95": None,
    }
    runs = {"state": "running", "user_count": 5, "current_rps": 8.5, "fail_ratio": 0.1,
            "current_response_time_percentiles": lately}  # fmt: skip

    assert await locust(runs).standing() == Standing("running", 5, 8.5, 0.1, 0.012)
    assert (await locust({"state": "ready"}).standing()).can_start


def test_only_what_can_be_done_is_offered():
    assert 'data-load="stop"' in page.standing(Standing("running"), WISH)
    assert 'data-load="start"' in page.standing(Standing("stopped"), WISH)
    assert "data-load" not in page.standing(Standing("stopping"), WISH)


def test_without_locust_the_command_is_there_to_be_copied():
    html = page.away(Silent("Locust", "nobody listens there"), WISH)

    assert 'data-copy="make load shape=rush users=50 minutes=3 web=1"' in html


def test_a_part_of_a_board_is_its_first_row():
    board = Shelf(BOARDS, RUNBOOKS).board(page.BOARD)

    part = first_row(board)

    assert 0 < len(part.panels) < len(board.panels)
    assert {each.kind for each in part.panels} == {"timeseries"}
