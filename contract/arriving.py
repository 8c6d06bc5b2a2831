"""What the backends have of a window: names and keys, each with who told it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from native.backends import EVERYTHING, Loki, Prometheus
from native.evidence import LogLine

SCOPE = "payscope"
"""The instrumentation scope of what we tell; lines of libraries have others."""

OF_LOKI = frozenset(
    {
        *("detected_level", "flags", "level", "observed_timestamp", "scope_name"),
        *("severity_number", "severity_text", "span_id", "trace_id"),
        *("service_name", "service_namespace", "service_version"),
        *("service_instance_id", "deployment_environment_name"),
        *("telemetry_sdk_language", "telemetry_sdk_name", "telemetry_sdk_version"),
    }
)
"""Labels and fields that each line has, whatever it tells."""

Series = dict[str, list[Mapping[str, str]]]
"""By their names in Prometheus, the labels of each."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event or a span as it came; a line's keys have `_` for each dot."""

    service: str
    name: str
    keys: frozenset[str]
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Arrived:
    """All that came; what came often is there once for each set of keys."""

    lines: set[Told]
    events: set[Told]
    spans: set[Told]
    series: Series


def lines(loki: Loki, since: float, until: float) -> set[Told]:
    """Those that we told ourselves."""
    query = f'{EVERYTHING} | scope_name="{SCOPE}"'
    found = loki.lines(query, since=int(since * 1e9), until=int(until * 1e9))
    return {_told(each) for each in found}


def _told(line: LogLine) -> Told:
    keys = frozenset(line.facts.keys() - OF_LOKI)
    return Told(line.service, line.body, keys)


def series(prometheus: Prometheus, since: float, until: float) -> Series:
    """All that had a sample in the window."""
    asked = {"match[]": '{__name__!=""}', "start": since, "end": until}
    found: Series = defaultdict(list)
    for each in prometheus.json("/api/v1/series", **asked)["data"]:
        found[each["__name__"]].append(each)
    return dict(found)
