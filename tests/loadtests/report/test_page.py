"""The page needs nothing but itself, and holds nothing that must not be passed on."""

import json
import re
from html.parser import HTMLParser
from importlib.resources import files

import plotly.graph_objects
import pytest

from loadtests.report import __main__ as report
from loadtests.report import page as pages
from loadtests.report.charts import charts
from loadtests.report.reading import read

from . import runs

CARD = "5204460010000007"


class Page(HTMLParser):
    """Tags with their attributes, the words between them, and scripts."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.words, self.scripts, self._inside = [], [], [], ""
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data):
        kept = self.scripts if self._inside in {"script", "style"} else self.words
        kept.append(data)


def made(tmp_path, lines, **facts):
    home = runs.write(tmp_path / "run", lines, **facts)
    report.write(found := report.judged(read(home)))
    return found, Page((home / "report.html").read_text())


@pytest.fixture
def broken(tmp_path):
    lines, facts = runs.climbing()
    return made(tmp_path, lines, **facts)


def test_nothing_is_loaded_from_elsewhere(broken):
    _, page = broken

    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "object", "img"}
        assert "src" not in attributes
    styles = [text for text in page.scripts if "--ground" in text]
    assert styles
    assert "url(" not in styles[0]
    assert "@import" not in styles[0]


def test_plotly_is_inside_whole(tmp_path, monkeypatch):
    whole = (files("plotly") / "package_data" / "plotly.min.js").read_text()
    monkeypatch.setattr(pages, "PLOTLY", files("plotly") / "package_data/plotly.min.js")
    home = runs.write(tmp_path / "run", runs.usual(1))

    report.write(report.judged(read(home)))

    assert whole in (home / "report.html").read_text()
    assert "</script" not in whole


def test_the_verdict_is_on_top_and_names_what_was_missed(broken):
    _, page = broken

    assert re.search(r"^.{0,400}✗ Missed Not kept: wrong answers", page.text)
    assert "the knee is at 50 users" in page.text


def test_all_is_there_that_a_ticket_needs(broken):
    found, page = broken

    for word in (
        *("The run", "How long it took", "Step by step", "Verdicts", "Errors"),
        *("What the services say", "Did the telemetry arrive?", "The slowest"),
        *("All that failed", "Prometheus did not answer", "503 Service Unavailable"),
    ):
        assert word in page.text
    assert all(f"make story id={each.trace_id}" in page.text for each in found.bad)
    assert {
        name for tag, at in page.tags if (name := at.get("id", "")).startswith("chart-")
    } == {f"chart-{chart['id']}" for chart in charts(found)}


def test_charts_are_what_plotly_understands(broken):
    found, _ = broken

    for chart in charts(found):
        text = json.dumps([chart["data"], chart["layout"]])
        for hue in ("c1", "c2", "c3", "c4", "c5", "bad", "good", "muted"):
            text = text.replace(f'"{hue}"', '"#123456"')
        data, layout = json.loads(text)
        plotly.graph_objects.Figure({"data": data, "layout": layout})
        assert all(trace["x"] for trace in data), chart["id"]


def test_a_dead_stack_is_said_plainly_and_no_figures_follow(tmp_path):
    lines = [runs.line(at, **runs.SILENCE) for at in range(30)]

    _, page = made(tmp_path, lines)

    assert "✗ Nobody answered" in page.text
    assert "None of the 30 requests had an answer" in page.text
    assert not [tag for tag, _ in page.tags if tag == "table"]
    assert "Plotly" not in "".join(page.scripts)


def test_a_run_that_asked_nothing_is_said_plainly(tmp_path):
    _, page = made(tmp_path, [])

    assert "The run made no request at all" in page.text


def test_what_the_stack_answered_cannot_script_the_page(tmp_path):
    evil = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
    lines = [*runs.usual(5), runs.line(1, **runs.WRONG | {"wrong": evil, "step": evil})]

    _, page = made(tmp_path, lines)

    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert evil in page.text


def test_no_card_number_is_in_the_page_or_the_file(tmp_path):
    said = f"decision: {CARD} declined, not authorised"
    lines = [*runs.usual(5), runs.line(1, **runs.WRONG | {"wrong": said})]

    found, page = made(tmp_path, lines)

    assert CARD not in page.text
    assert CARD not in (found.run.home / "report.json").read_text()
    assert "declined, not authorised" in page.text


def test_the_open_model_says_what_it_counts(tmp_path):
    _, page = made(tmp_path, runs.usual(5), rate=10, shape="open")

    assert "Times count from when a request was due" in page.text


def test_a_client_that_was_the_bottleneck_is_told_of(tmp_path):
    _, page = made(tmp_path, runs.usual(5), locust_cpu_share=0.93)

    assert "the client itself may be what was slow" in page.text
