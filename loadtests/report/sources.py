"""Who is asked besides the client: Prometheus, Loki, Tempo, and where people look."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx

from native.backends import Loki, Prometheus, Tempo, Unanswered, client
from native.ports import Ports
from native.trouble import Trouble

GLANCE_S = 1.0
"""Whoever does not answer this soon that he is there is away."""

Samples = list[tuple[float, float]]
"""Seconds since 1970, and a value."""

READY = {"prometheus": "/-/ready", "loki": "/ready", "tempo": "/ready"}


@dataclass
class Sources:
    """The backends of an instance; whoever was silent once is not asked again."""

    prometheus: Prometheus
    loki: Loki
    tempo: Tempo
    grafana: str | None = None
    console: str | None = None
    silent: dict[str, str] = field(default_factory=dict)
    """Who did not answer, and with what."""

    @classmethod
    @contextmanager
    def of(cls, urls: Mapping[str, str]) -> Iterator[Self]:
        with (
            Prometheus(urls["PROMETHEUS"]) as prometheus,
            Loki(urls["LOKI"]) as loki,
            Tempo(urls["TEMPO"]) as tempo,
        ):
            grafana = urls.get("GRAFANA", "")
            made = cls(prometheus, loki, tempo, console=urls.get("CONSOLE"))
            made.grafana = grafana if _is_there(f"{grafana}/api/health") else None
            for name, path in READY.items():
                url = urls[name.upper()]
                if not _is_there(url + path):
                    made.silent[name.capitalize()] = f"nobody at {url}"
            yield made

    @contextmanager
    def asked(self, name: str) -> Iterator[bool]:
        """False to whoever need not ask; a silence inside is remembered."""
        try:
            yield name not in self.silent
        except Unanswered as silence:
            self.silent[name] = str(silence)

    def series(self, query: str, begin: float, end: float, step: float) -> Any:
        """What PromQL gives over time."""
        window = {"start": begin, "end": end, "step": step}
        answer = self.prometheus.json("/api/v1/query_range", query=query, **window)
        return answer["data"]["result"]

    def figures(self, query: str, when: float) -> list[tuple[Mapping[str, str], float]]:
        """What PromQL gives at a time: labels and value; no number is no figure."""
        answer = self.prometheus.json("/api/v1/query", query=query, time=when)
        found = [
            (each["metric"], float(each["value"][1]))
            for each in answer["data"]["result"]
        ]
        return [each for each in found if each[1] == each[1]]

    def samples(self, query: str, when: float) -> list[Samples]:
        """What PromQL has of a counter, all series of a process together.

        A process tells all it has at once, so the sum falls only if it was restarted.
        """
        answer = self.prometheus.json("/api/v1/query", query=query, time=when)
        found: dict[str, dict[float, float]] = {}
        for each in answer["data"]["result"]:
            whole = found.setdefault(each["metric"].get("service_instance_id", ""), {})
            for at, value in each["values"]:
                whole[float(at)] = whole.get(float(at), 0.0) + float(value)
        return [sorted(whole.items()) for whole in found.values()]

    def lines(self, query: str, when: float) -> float:
        """What LogQL counts."""
        answer = self.loki.json("/loki/api/v1/query", query=query, time=int(when * 1e9))
        return sum(float(each["value"][1]) for each in answer["data"]["result"])

    def customers(self, query: str, begin: float, end: float) -> float:
        """Spans but for the probe's: TraceQL cannot ask for what lacks an attribute."""
        probed = query.replace(" }", ' && span.payscope.journey = "probe" }')
        return self.spans(query, begin, end) - self.spans(probed, begin, end)

    def spans(self, query: str, begin: float, end: float) -> float:
        """What TraceQL counts."""
        window = {"start": int(begin), "end": int(end) + 1, "step": "10s"}
        answer = self.tempo.json(
            "/api/metrics/query_range", q=f"{query} | count_over_time()", **window
        )
        return sum(
            float(sample.get("value", 0))
            for series in answer.get("series", [])
            for sample in series.get("samples", [])
        )


def urls(instance: str) -> dict[str, str]:
    """Where they are: as the environment says, or else as the instance was started."""
    found = {
        name: value
        for name in NAMES
        if (value := os.environ.get(f"{name}_URL", "").rstrip("/"))
    }
    try:
        ports = Ports.load(instance)
    except Trouble:
        ports = Ports.load()
    ours = {
        name: ports.url(f"{name}_PORT") for name in NAMES if f"{name}_PORT" in ports
    }
    return ours | found


NAMES = ("PROMETHEUS", "LOKI", "TEMPO", "GRAFANA", "CONSOLE")


def _is_there(url: str) -> bool:
    if not url.startswith("http"):
        return False
    try:
        with client(GLANCE_S) as http:
            return http.get(url).status_code < httpx.codes.INTERNAL_SERVER_ERROR
    except httpx.HTTPError:
        return False
