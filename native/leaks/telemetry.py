"""All that Loki, Tempo and Prometheus keep, piece by piece."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from native.backends import Backend, Loki

from .findings import Piece

STREAMS = '{service_name=~".+"}'
"""Loki gives each stream that label, if nobody else does."""

WINDOW_S = 60
TRACES = 5_000
"""So many are listed for a window; a fuller one is halved."""

AT_ONCE = 4


def in_loki(loki: Loki, since: int) -> Iterator[Piece]:
    """Every label, then every line with its facts; `since` is Unix time in ns."""
    until = time.time_ns() + 10**9
    yield from _labels(loki, "/loki/api/v1", {"start": since, "end": until})
    for line in loki.paged(STREAMS, since, until):
        facts = json.dumps(line.facts, ensure_ascii=False)
        yield Piece(f"{line.service} {line.time} {line.trace}", f"{line.body}\n{facts}")


def in_tempo(tempo: Backend, since: int) -> Iterator[Piece]:
    """Every trace whole: names, attributes, events, links, states and messages."""
    seen: set[str] = set()
    with ThreadPoolExecutor(AT_ONCE) as several:
        begin, end = since // 10**9, int(time.time()) + 1
        for start in range(begin, end, WINDOW_S):
            found = set(_traces(tempo, start, min(start + WINDOW_S, end))) - seen
            seen |= found
            for trace, text in several.map(lambda id: (id, _trace(tempo, id)), found):
                yield Piece(f"trace {trace}", text)


def in_prometheus(prometheus: Backend, since: int) -> Iterator[Piece]:
    """Every label's values, what is said of each metric, and every exemplar.

    What was measured is no word of anybody's: its digits look like a card's at times.
    """
    window = {"start": since // 10**9, "end": int(time.time()) + 1}
    yield from _labels(prometheus, "/api/v1", window)
    yield Piece("metadata", prometheus.get("/api/v1/metadata").text)
    told = prometheus.json(
        "/api/v1/query_exemplars", query='{__name__=~".+"}', **window
    )
    for series in told["data"]:
        said = series["seriesLabels"], *[each["labels"] for each in series["exemplars"]]
        name = series["seriesLabels"].get("__name__", "?")
        yield Piece(f"exemplars of {name}", json.dumps(said, ensure_ascii=False))


def _labels(backend: Backend, base: str, window: dict[str, int]) -> Iterator[Piece]:
    for label in backend.json(f"{base}/labels", **window).get("data", []):
        yield Piece("labels", label)
        values = backend.json(f"{base}/label/{label}/values", **window)
        for value in values.get("data") or []:
            yield Piece(f"label {label}", f"{label}={value}")


def _traces(tempo: Backend, start: int, end: int) -> list[str]:
    """The ids of all that have a span in that window."""
    found = tempo.json("/api/search", q="{}", limit=TRACES, start=start, end=end)
    ids = [str(each["traceID"]).rjust(32, "0") for each in found.get("traces") or []]
    if len(ids) < TRACES or end - start <= 1:
        return ids
    middle = (start + end) // 2
    return [*_traces(tempo, start, middle), *_traces(tempo, middle, end)]


def _trace(tempo: Backend, trace: str) -> str:
    return json.dumps(tempo.json(f"/api/traces/{trace}"), ensure_ascii=False)
