"""Who calls whom, and where each stands on the map: callers at the left, called at the right."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .series import Series

SIDES = "sum by (client, server, connection_type)"
RATE = SIDES + " (rate(traces_service_graph_request_total{%s}[%s]))"
FAILED = SIDES + " (rate(traces_service_graph_request_failed_total{%s}[%s]))"
SPENT = SIDES + " (rate(traces_service_graph_request_server_seconds_sum{%s}[%s]))"
ASKED = (RATE, FAILED, SPENT)
"""How many calls, how many of them fail, and the seconds that all of them take."""

WIDE, HIGH = 720.0, 520.0


@dataclass(frozen=True, slots=True)
class Edge:
    """Calls from one to another, per second."""

    client: str
    server: str
    rate: float
    failed: float = 0.0
    kind: str = ""
    spent: float = 0.0
    """Seconds of waiting in each second."""

    @property
    def share(self) -> float:
        return min(1.0, self.failed / self.rate) if self.rate else 0.0

    @property
    def took_s(self) -> float:
        """One call, on average."""
        return self.spent / self.rate if self.rate else 0.0


def asked(template: str, matchers: str, seconds: int) -> str:
    """One of ASKED over a stretch of time; matchers as Grafana writes them, in braces."""
    return template % (matchers.strip().strip("{}"), f"{seconds}s")


def edges_of(
    rates: Sequence[Series], failures: Sequence[Series], spent: Sequence[Series] = ()
) -> list[Edge]:
    """What the service graph says; an edge without traffic is none."""
    failed, took = _summed(failures), _summed(spent)
    kinds = {_ends(each): each.labels.get("connection_type", "") for each in rates}
    return [
        Edge(*ends, rate, failed.get(ends, 0.0), kinds[ends], took.get(ends, 0.0))
        for ends, rate in sorted(_summed(rates).items())
        if rate > 0 and ends[0] != ends[1]
    ]


def _summed(found: Sequence[Series]) -> dict[tuple[str, str], float]:
    whole: dict[tuple[str, str], float] = defaultdict(float)
    for each in found:
        whole[_ends(each)] += each.last or 0.0
    return whole


def _ends(series: Series) -> tuple[str, str]:
    return series.labels.get("client", "?"), series.labels.get("server", "?")


def placed(edges: Sequence[Edge]) -> Mapping[str, tuple[float, float]]:
    """Columns by the longest way from whoever nobody calls; going round counts once."""
    depth = _depths(edges)
    columns: dict[int, list[str]] = defaultdict(list)
    for name in sorted(depth):
        columns[depth[name]].append(name)
    last = max(columns, default=0) or 1
    return {
        name: (
            WIDE * column / last,
            HIGH * (row + 0.5 + 0.13 * (column % 2)) / len(names),
        )
        for column, names in columns.items()
        for row, name in enumerate(names)
    }


def _depths(edges: Sequence[Edge]) -> dict[str, int]:
    names = {end for edge in edges for end in (edge.client, edge.server)}
    called = {edge.server for edge in edges}
    depth = dict.fromkeys(names - called or names, 0)
    edge_now = sorted(depth)
    while edge_now:
        reached = []
        for edge in edges:
            if edge.client in edge_now and edge.server not in depth:
                depth[edge.server] = depth[edge.client] + 1
                reached.append(edge.server)
        edge_now = reached
    return {name: depth.get(name, 0) for name in names}
