"""Finds all that an instance's backends know of one payment, and where to look next."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from urllib.parse import quote

from apps.story.gathering import Story, story_of
from apps.story.sources import Sources, by_payment

from .backends import RANGE, Backend, Backends, Unanswered, by_trace, client
from .gateway import Gateway
from .ports import Ports

DECISIONS = "sum by (payment_verdict) (payments_decisions_total)"

HANDS = 8
"""Questions that are under way at the same time."""


class Nobody(Exception):
    """None of those who might know of a payment is there."""


def find_story(ports: Ports, id_: str, *, first: bool = False) -> Story | None:
    """Gather what gateway, Tempo and Loki know; waits while it is still coming in.

    With `first` only the payment's own trace is told, not what came later.
    """
    with (
        Backends.of(ports) as backends,
        Gateway(ports.url("GATEWAY_PORT")) as gateway,
        ThreadPoolExecutor(HANDS) as hands,
    ):
        sources = Sources(gateway, backends)
        story = story_of(sources, hands, id_.strip().lower(), first=first)
        missing = tuple(sources.missing)
        if story is None and {"Tempo", "Loki"} <= set(sources.silent):
            raise Nobody("\n".join(missing))
        if story is None:
            return None
        return replace(story, links=_links(ports, backends, story), missing=missing)


def _links(
    ports: Ports, backends: Backends, story: Story
) -> tuple[tuple[str, str], ...]:
    drawn = {"g0.expr": DECISIONS, "g0.tab": "0"}
    trace = story.trace
    about = by_payment(story.id) if story.id else by_trace(trace)
    links = (
        ("Trace", backends.tempo.link(f"/api/traces/{trace}")),
        ("Log lines", backends.loki.link(RANGE, query=about)),
        ("Metrics", backends.prometheus.link("/graph", **drawn)),
    )
    grafana = ports.url("GRAFANA_PORT")
    try:
        with Backend(grafana, client(0.5)) as there:
            there.get("/api/health")
    except Unanswered:
        return links
    explore = f"{grafana}/explore?schemaVersion=1&panes={_pane(trace)}"
    return (("Grafana", explore), *links)


def _pane(trace: str) -> str:
    """Grafana's Explore on one trace, as its address bar writes it."""
    tempo = {"type": "tempo", "uid": "tempo"}
    query = {"refId": "A", "datasource": tempo, "queryType": "traceql", "query": trace}
    span = {"from": "now-1h", "to": "now"}
    return quote(
        json.dumps({"a": {"datasource": "tempo", "queries": [query], "range": span}})
    )
