"""Tables, gauges, text, traces and choices: what a board of Grafana's says, drawn here."""

import pytest

from apps.console.app.draw import chart, gauges, plain, tables
from apps.console.app.draw.paint import Paint
from apps.console.app.panels import slowest
from apps.console.app.written import html
from apps.console.domain.boards import Board, Panel
from apps.console.domain.finds import Find
from apps.console.domain.nets import Edge
from apps.console.domain.series import Dot, Series
from apps.console.domain.told import Told
from apps.console.domain.variables import Variable
from apps.console.domain.windows import Window
from apps.console.usecases import drawing
from apps.story.chapters import Chapter
from apps.story.gathering import Story
from tests.console.fakes import FakeServer, FakeStories, fake_ports

PAINT = Paint(is_dark=False)
WINDOW = Window(1000, 1900)
TEMPO, PROMETHEUS = {"type": "tempo"}, {"type": "prometheus"}
STEPS = {"steps": [{"value": None, "color": "green"}, {"value": 0.8, "color": "red"}]}
PAYMENT = "01a205b8-dc93-71c8-8000-000000000000"


def panel(kind, *targets, source=PROMETHEUS, **said):
    return Panel.of({"type": kind, "datasource": source, "targets": targets} | said)


def look(one, *variables, **choices):
    board = Board("u", "t", "", (one,), variables, "now-15m", "10s", (), ())
    return drawing.Look(board, WINDOW, choices)


def value(number, ref="A", **labels):
    return "", Series(labels, ((1900.0, number),), ref)


def test_queries_of_a_table_are_joined_by_their_labels():
    found = [value(4.0, "A", service="bank"), value(0.5, "B", service="bank"),
             value(2.0, "A", service="fraud")]  # fmt: skip
    one = panel(
        "table", {"refId": "A", "legendFormat": "Rate"}, {"refId": "B"},
        transformations=[{"id": "organize", "options": {
            "renameByName": {"Value #B": "Errors", "service": "Service"}}}],
        fieldConfig={"defaults": {}, "overrides": [
            {"matcher": {"id": "byName", "options": "Errors"}, "properties": [
                {"id": "unit", "value": "percentunit"}]}]},
    )  # fmt: skip

    told = tables.table(one, drawing.Found(found), PAINT)

    assert [told.index(head) for head in (">Service<", ">Rate<", ">Errors<")] == sorted(
        told.index(head) for head in (">Service<", ">Rate<", ">Errors<")
    )
    assert told.count("<tr>") == 3
    assert ">50 %</td>" in told


def test_a_column_that_is_left_out_is_not_shown():
    hidden = {"id": "organize", "options": {"excludeByName": {"job": True}}}
    one = panel("table", {"refId": "A"}, transformations=[hidden])

    told = tables.table(one, drawing.Found([value(1.0, job="x", a="b")]), PAINT)

    assert ">job<" not in told
    assert ">Value<" in told


def test_a_dial_is_as_full_as_its_value_and_in_its_colour():
    one = panel("gauge", fieldConfig={
        "defaults": {"unit": "percentunit", "max": 1, "thresholds": STEPS}})  # fmt: skip

    told = gauges.dials(one, drawing.Found([value(0.97)]), PAINT)

    assert f"stroke:{PAINT.named('red')};stroke-dasharray:134.1" in told
    assert ">97 %<" in told


def test_text_is_markdown_and_what_the_reader_chose_stands_in_it():
    one = panel("text", options={"mode": "markdown",
                "content": "# Of $id\n\n- [Money](/d/x)\n- <script>alert(1)</script>"})  # fmt: skip
    typed = Variable("id", "Id", "textbox", "")

    told = plain.text(one, look(one, typed, id=["p-1"]))

    assert "Of p-1</h1>" in told
    assert '<a href="/d/x">Money</a>' in told
    assert "<script>" not in told


@pytest.mark.parametrize(
    "way", ["javascript:alert(1)", "data:text/html,x", "JAVASCRIPT:x"]
)
def test_a_link_that_is_no_page_leads_nowhere(way):
    assert way not in html(f"[x]({way})")


async def test_the_service_map_is_asked_of_prometheus():
    one = panel("nodeGraph", {"queryType": "serviceMap"}, source=TEMPO)
    edge = Series({"client": "a", "server": "b"}, ((1900.0, 1.0),))

    found = await drawing.found(
        one, look(one), fake_ports(prometheus=FakeServer(now=[edge]))
    )

    assert found.edges == [Edge("a", "b", 1.0, 1.0, "", 1.0)]


@pytest.mark.parametrize("id_", ["a" * 32, PAYMENT])
async def test_an_id_is_answered_by_its_own_trace(id_):
    one = panel("traces", {"queryType": "traceql", "query": "$id"}, source=TEMPO)
    typed = Variable("id", "Id", "textbox", "")
    known = Told(Story([Chapter("a" * 32, [], [])]), ())

    found = await drawing.found(
        one, look(one, typed, id=[id_]), fake_ports(stories=FakeStories(known))
    )

    assert found.told is known
    assert f"/story/{'a' * 32}" in plain.read(one, found, look(one))


@pytest.mark.parametrize("typed_", ["", "nonsense"])
async def test_nobody_is_asked_for_what_is_no_id(typed_):
    one = panel("traces", {"queryType": "traceql", "query": "$id"}, source=TEMPO)
    typed = Variable("id", "Id", "textbox", "")
    tempo = FakeServer()

    found = await drawing.found(
        one, look(one, typed, id=[typed_]), fake_ports(tempo=tempo)
    )

    assert (found, tempo.asked) == (drawing.Found(), [])


async def test_who_is_missing_of_a_trace_is_named():
    one = panel("traces", {"queryType": "traceql", "query": "a" * 32}, source=TEMPO)
    nobody = Told(None, ("Tempo does not answer: nobody listens there.",))

    found = await drawing.found(one, look(one), fake_ports(stories=FakeStories(nobody)))

    assert found.silent == "Tempo does not answer: nobody listens there."


async def test_a_search_in_a_table_lists_traces_that_lead_to_their_stories():
    one = panel("table", {"queryType": "traceql", "query": "{ }"}, source=TEMPO)
    tempo = FakeServer()

    async def search(query, window, *, limit):
        return [Find("c" * 32, "gateway", "POST", 1, 5.0, {})]

    tempo.search = search
    found = await drawing.found(one, look(one), fake_ports(tempo=tempo))

    told = plain.read(one, found, look(one))
    assert f"/story/{'c' * 32}" in told
    assert "1 trace, newest first" in told


async def test_a_choice_narrows_what_else_can_be_chosen():
    asks = 'label_values(up{service_name=~"$service"}, instance)'
    service = Variable("service", "Service", "query", "", (), True, True, ".*")
    instance = Variable("instance", "Instance", "query", asks)
    prometheus = FakeServer(values=["b", "a"])
    one = panel("stat")

    found = await drawing.values(
        instance,
        look(one, service, service=["bank"]),
        fake_ports(prometheus=prometheus),
    )

    assert found == ["a", "b"]
    assert prometheus.asked[0][1] == 'label_values(up{service_name=~"bank"}, instance)'


def test_a_custom_choice_means_its_value():
    said = {"name": "part", "type": "custom", "query": "half : 0.5, most : 0.99, 1"}

    assert Variable.of(said).options == ("0.5", "0.99", "1")


def test_a_line_may_have_a_colour_of_its_own():
    fixed = {"id": "color", "value": {"mode": "fixed", "fixedColor": "red"}}
    override = {
        "matcher": {"id": "byRegexp", "options": "/bad.*/"},
        "properties": [fixed],
    }
    one = panel("timeseries", fieldConfig={"defaults": {}, "overrides": [override]})
    line = Series({}, ((1000.0, 1.0), (1010.0, 2.0)))
    found = drawing.Found([("bad one", line), ("good", line)])

    lines = chart.option(one, found, WINDOW, [], PAINT)["series"]

    assert lines[0]["color"] == PAINT.named("red")
    assert chart.legend(one, found, PAINT)[0] == ("bad one", PAINT.named("red"))
    assert lines[1]["color"] != lines[0]["color"]


def test_lines_that_stand_on_one_another_have_the_same_instants():
    one = panel("timeseries", fieldConfig={
        "defaults": {"custom": {"stacking": {"mode": "normal"}}}})  # fmt: skip
    early = Series({}, ((1000.0, 1.0), (1010.0, 2.0)))
    late = Series({}, ((1010.0, 5.0), (1020.0, 6.0)))
    found = drawing.Found([("early", early), ("late", late)])

    first, second, _ = chart.option(one, found, WINDOW, [], PAINT)["series"]

    assert [value for _, value in first["data"]] == [1.0, 2.0, 0.0]
    assert [value for _, value in second["data"]] == [0.0, 5.0, 6.0]


def test_who_has_no_mouse_follows_the_highest_dot():
    dots = [Dot(1.0, 0.1, "a" * 32, {}), Dot(2.0, 0.9, "b" * 32, {})]

    assert f'href="/story/{"b" * 32}"' in slowest(drawing.Found(dots=dots))
    assert slowest(drawing.Found()) == ""


def test_panels_stand_where_grafana_has_them():
    at = {"gridPos": {"x": 12, "y": 9, "w": 12, "h": 8}}
    row, one = (
        panel("row", gridPos={"x": 0, "y": 8, "w": 24, "h": 1}),
        panel("stat", **at),
    )
    board = Board("u", "t", "", (row, one), (), "now-15m", "", (), ())

    assert board.where(one) == "--x:13;--y:2;--w:12;--h:8"
