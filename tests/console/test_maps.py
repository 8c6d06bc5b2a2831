"""Heat maps and the map of who calls whom: what is drawn, what is said in words."""

import re

import pytest

from apps.console.app.draw import heat, netmap
from apps.console.app.draw.paint import Paint
from apps.console.app.frame import STATIC
from apps.console.domain.boards import Panel
from apps.console.domain.nets import Edge, asked, edges_of, placed
from apps.console.domain.series import Dot, Series
from apps.console.domain.windows import Window
from apps.console.usecases import drawing, living
from tests.console.fakes import FakeServer, fake_ports

PAINT = Paint(is_dark=False)
PANEL = Panel.of({"type": "heatmap", "options": {"yAxis": {"unit": "s"}}})
BUCKETS = [
    ("0.1", Series({"le": "0.1"}, ((1000.0, 2.0), (1010.0, 0.0)))),
    ("+Inf", Series({"le": "+Inf"}, ((1000.0, 5.0), (1010.0, 0.0)))),
    ("0.5", Series({"le": "0.5"}, ((1000.0, 2.0), (1010.0, 0.0)))),
]
WINDOW = Window(1000.0, 1010.0)
GOOD, BAD = Edge("a", "b", 4.0, 0.0, "", 0.2), Edge("b", "c", 2.0, 1.0)


def test_a_heat_map_takes_running_buckets_apart():
    option = heat.heat(PANEL, drawing.Found(BUCKETS), WINDOW, PAINT)

    assert option["series"][0]["data"] == [[0, 0, 2.0], [0, 2, 3.0]]
    assert option["yAxis"]["data"] == ["≤ 100 ms", "≤ 500 ms", "more"]


def test_a_heat_map_covers_all_that_is_looked_at():
    option = heat.heat(PANEL, drawing.Found(BUCKETS), Window(975.0, 1034.0), PAINT)

    assert option["xAxis"]["data"] == [at * 1e3 for at in range(980, 1031, 10)]
    assert option["series"][0]["data"] == [[2, 0, 2.0], [2, 2, 3.0]]


def test_a_dot_stands_in_its_bucket_and_carries_its_trace():
    dots = [Dot(1004, 0.3, "t" * 32, {}), Dot(1900, 9.0, "u" * 32, {})]

    option = heat.heat(PANEL, drawing.Found(BUCKETS, dots), WINDOW, PAINT)

    assert option["series"][1]["data"] == [
        {"name": "t" * 32, "value": [1, 1, 0.3]},
        {"name": "u" * 32, "value": [1, 2, 9.0]},
    ]


def test_callers_stand_at_the_left_of_whom_they_call():
    edges = [Edge("a", "b", 1.0), Edge("b", "c", 1.0), Edge("c", "a", 0.1)]

    spots = placed(edges[:2])

    assert spots["a"][0] < spots["b"][0] < spots["c"][0]
    assert len(placed(edges)) == 3


def test_an_edge_says_how_much_of_it_fails_and_how_long_it_takes():
    ends = {"client": "a", "server": "b"}
    rate = [Series(ends | {"connection_type": ""}, ((0.0, 3.0),)),
            Series(ends | {"connection_type": "database"}, ((0.0, 1.0),))]  # fmt: skip
    quiet = Series({"client": "a", "server": "c"}, ((0.0, 0.0),))
    one = Series(ends, ((0.0, 1.0),))

    (edge,) = edges_of([*rate, quiet], [one], [one])

    assert (edge.rate, edge.share, edge.took_s) == (4.0, 0.25, 0.25)


def test_who_cannot_see_the_map_is_told_all_of_it():
    html = netmap.drawn([GOOD, BAD])

    assert "a → b: 4.00 a second, 50.0 ms each" in html
    assert "b → c: 2.00 a second, 50.0% fail" in html


def test_what_fails_is_said_in_words_and_not_in_red_alone():
    html = netmap.drawn([GOOD, BAD])

    assert re.findall(r'class="rate bad">([^<]+)<', html) == ["2/s · 50% fail"]
    assert html.count('class="s8 failing"') + html.count(" failing") >= 1
    assert "var(--bad) 0%" in html
    assert "var(--bad) 100%" in html


def test_the_more_an_edge_is_used_the_quicker_it_beats():
    html = netmap.drawn([Edge("a", "b", 0.1), Edge("b", "c", 9.0)])

    slow, quick = map(float, re.findall(r"--beat:([0-9.]+)s", html))
    assert slow > 4 * quick


def test_nothing_pulses_for_who_wants_no_motion():
    css = (STATIC / "console.css").read_text()
    still = re.search(r"prefers-reduced-motion: reduce\) \{(.*?)\}\s*\}", css, re.S)[1]

    assert ".net .pulse { animation: none; display: none;" in still


def test_labels_do_not_stand_on_one_another():
    edges = [Edge(f"n{n}", "hub", 1.0 + n) for n in range(6)]

    html = netmap.drawn(edges)
    found = re.findall(
        r'<rect x="([0-9.]+)" y="([0-9.]+)" width="([0-9.]+)" height="([0-9.]+)"', html
    )
    boxes = [
        netmap.Box(x + wide / 2, y + high / 2, wide, high)
        for x, y, wide, high in (map(float, each) for each in found)
    ]

    assert len(boxes) >= 5
    assert not any(a.meets(b) for n, a in enumerate(boxes) for b in boxes[:n])


def test_a_service_leads_to_its_figures_and_a_database_does_not():
    html = netmap.drawn([Edge("bank", "bank-db", 1.0)])

    assert 'href="/d/payscope-services?var-service=bank"' in html
    assert "var-service=bank-db" not in html


@pytest.mark.parametrize("name", ["<script>", '"><b>'])
def test_a_name_from_outside_becomes_no_html(name):
    html = netmap.drawn([Edge(name, "b", 1.0, 1.0)])

    assert "<script>" not in html
    assert "<b>" not in html


async def test_the_map_of_a_board_covers_what_is_looked_at():
    ends = {"client": "a", "server": "b"}
    prometheus = FakeServer(now=[Series(ends, ((0.0, 1.0),))])

    edges = await living.edges(
        fake_ports(prometheus=prometheus), 900, 1900.0, '{client="a"}'
    )

    assert [edge.rate for edge in edges] == [1.0]
    name, expr, at = prometheus.asked[0]
    assert (name, at) == ("now", 1900.0)
    assert 'request_total{client="a"}[900s]' in expr


def test_a_map_without_matchers_asks_for_all():
    assert asked("x{%s}[%s]", "", 60) == "x{}[60s]"
