"""What panels show: figures in their unit, lines and dots, whoever is silent by name."""

import re

import pytest

from apps.console.app.draw import chart, gauges, plain, tables
from apps.console.app.draw.paint import DARK, LIGHT, Paint
from apps.console.app.frame import STATIC
from apps.console.clients.shelf import Shelf
from apps.console.domain.alerts import of_alertmanager, of_prometheus, told_once
from apps.console.domain.boards import Board, Panel
from apps.console.domain.figures import level, mapped, said
from apps.console.domain.series import Dot, Series
from apps.console.domain.silence import Silent
from apps.console.domain.windows import Window
from apps.console.usecases import drawing, living
from apps.story.evidence import LogLine
from tests.console.fakes import BOARDS, RUNBOOKS, FakeServer, fake_ports

PAINT = Paint(is_dark=False)
WINDOW = Window(1000, 1900)
LINE = Series({"a": "<b>"}, ((1000.0, 1.0), (1010.0, 2.0), (1200.0, 3.0)))
SAID = {
    "type": "timeseries",
    "gridPos": {"w": 12, "h": 8},
    "datasource": {"type": "prometheus"},
    "targets": [
        {"expr": "x[$__rate_interval]", "legendFormat": "{{a}}", "exemplar": True}
    ],
}


def panel(**changed):
    return Panel.of(SAID | changed)


def look(*panels):
    board = Board("u", "t", "", panels, (), "now-15m", "10s", (), ())
    return drawing.Look(board, WINDOW, {})


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.0042, "s", "4.2 ms"), (0.00042, "s", "420 µs"), (3.0, "s", "3 s"),
        (600, "s", "10 min"), (0, "s", "0 s"), (0.123, "percentunit", "12.3 %"),
        (2048, "bytes", "2 KiB"), (12.5, "reqps", "12.5 req/s"), (3, "short", "3"),
        (123456, "short", "123 k"), (1234.5, "currencyEUR", "1234.50 EUR"), (7, "widgets", "7 widgets"),
    ],
)  # fmt: skip
def test_a_value_is_said_in_its_unit(value, unit, words):
    assert said(value, unit) == words


def test_a_value_may_stand_for_a_word_and_have_a_colour():
    mapping = [{"type": "value", "options": {"2": {"text": "open", "color": "red"}}}]
    steps = {"steps": [{"value": None, "color": "green"}, {"value": 1, "color": "red"}]}

    assert mapped(2.0, mapping) == ("open", "red")
    assert mapped(3.0, mapping) is None
    assert [level(v, steps) for v in (0.0, 1.0)] == ["green", "red"]


async def test_a_panel_is_asked_with_the_readers_choices():
    prometheus = FakeServer(over=[LINE], exemplars=[Dot(1005, 0.2, "t" * 32, {})])
    one = panel()

    found = await drawing.found(one, look(one), fake_ports(prometheus=prometheus))

    assert ("over", "x[40s]", WINDOW) in prometheus.asked
    assert [name for name, _ in found.series] == ["<b>"]
    assert [dot.trace for dot in found.dots] == ["t" * 32]


async def test_who_is_silent_is_named_on_the_panel():
    away = Silent("Prometheus", "nobody listens there")
    ports = fake_ports(prometheus=FakeServer(over=away, exemplars=away))
    one = panel()

    found = await drawing.found(one, look(one), ports)

    assert found.silent == "Prometheus does not answer: nobody listens there."


def test_a_line_has_a_hole_where_nothing_was_measured():
    option = chart.option(panel(), drawing.Found([("a", LINE)]), WINDOW, [], PAINT)

    assert option["series"][0]["data"] == [
        [1_000_000, 1.0], [1_010_000, 2.0], [1_020_000, None], [1_200_000, 3.0],
    ]  # fmt: skip


def test_dots_carry_their_trace_and_stand_on_an_axis_of_their_own():
    dots = [Dot(1005, 0.2, "t" * 32, {})]
    found = drawing.Found([("a", LINE)], dots)

    (_, scatter) = chart.option(panel(), found, WINDOW, [], PAINT)["series"]

    assert scatter["data"] == [{"value": [1_005_000, 0.2], "name": "t" * 32}]
    assert scatter["xAxisIndex"] == 1


@pytest.mark.parametrize("draw", [plain.stat, gauges.bars, gauges.dials, tables.table])
def test_what_comes_from_outside_becomes_no_html(draw):
    found = drawing.Found([("<b>", LINE), ("c", LINE)])

    html = draw(panel(), found, PAINT)

    assert "<b>&lt;" not in html.replace("<b>3", "")
    assert "&lt;b&gt;" in html


def test_a_log_line_leads_to_its_story_and_is_escaped():
    line = LogLine(1, "<script>", {"trace_id": "t" * 32, "service_name": "bank"})

    html = plain.lines(drawing.Found(lines=[line]))

    assert "<script>" not in html
    assert f'href="/story/{"t" * 32}"' in html


def test_states_that_are_alike_are_one_piece():
    same = Series({}, tuple((1000.0 + 10 * n, 2.0) for n in range(5)))

    html = plain.states(panel(), drawing.Found([("a", same)]), WINDOW, PAINT)

    assert html.count("<i ") == 1


async def test_without_alertmanager_prometheus_is_asked():
    firing = {"labels": {"alertname": "X", "severity": "page"}, "state": "firing"}
    pending = {"labels": {"alertname": "Y"}, "state": "pending"}
    ports = fake_ports(prometheus=FakeServer(alerts=[pending, firing]))

    alerts, away = await living.alerts(ports)

    assert [alert.name for alert in alerts] == ["X"]
    assert "does not answer" in away


def test_the_worst_alert_comes_first():
    ticket = {"labels": {"alertname": "A", "severity": "ticket"}}
    page = {"labels": {"alertname": "B", "severity": "page"}}

    assert [each.name for each in of_alertmanager([ticket, page])] == ["B", "A"]
    assert of_prometheus([]) == []


def test_a_promise_that_fires_for_many_windows_is_told_once():
    slow = {"alertname": "BankSlow", "severity": "ticket"}
    page = slow | {"severity": "page"}
    other = {"labels": slow | {"service_name": "fraud"}}

    told = told_once(of_alertmanager([{"labels": slow}, {"labels": page}, other]))

    assert [(each.severity, each.service, more) for each, more in told] == [
        ("page", "", 1), ("ticket", "fraud", 0),
    ]  # fmt: skip


def test_every_kind_of_panel_on_our_boards_is_drawn():
    drawn = {"timeseries", "stat", "state-timeline", "logs", "row", "gauge", "bargauge",
             "heatmap", "table", "nodeGraph", "traces", "text"}  # fmt: skip
    kinds = {
        panel.kind
        for board in Shelf(BOARDS, RUNBOOKS).boards()
        for panel in board.panels
    }

    assert kinds <= drawn


@pytest.mark.parametrize("theme", [":root", ".body--dark"])
def test_text_can_be_read_by_everybody(theme):
    """WCAG 2.2, AA: 4.5 to 1."""
    css = (STATIC / "console.css").read_text()
    block = re.search(re.escape(theme) + r" \{(.*?)\}", css, re.S)[1]
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block))

    for ink in ("ink", "soft", "link", "good", "bad", "warn"):
        for ground in ("ground", "panel", "mark"):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    assert contrast(colours["on"], colours["link"]) >= 4.5


@pytest.mark.parametrize(("palette", "ground"), [(LIGHT, "#ffffff"), (DARK, "#18202a")])
def test_lines_can_be_told_from_their_ground(palette, ground):
    assert all(contrast(colour, ground) >= 3 for colour in palette)


def contrast(one, other):
    light, dark = sorted((_light(one), _light(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _light(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_a_service_has_the_same_colour_on_every_page():
    css = (STATIC / "console.css").read_text()

    for at, (light, dark) in enumerate(zip(LIGHT[:10], DARK[:10], strict=True)):
        assert f".s{at} {{ color: {light}; }}" in css
        assert f".body--dark .s{at} {{ color: {dark}; }}" in css
