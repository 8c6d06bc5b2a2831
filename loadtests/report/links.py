"""Ways from a request to its trace: to the console, to Grafana, to Tempo, to a command."""

import json
from dataclasses import dataclass
from urllib.parse import quote

from .locating import DEFAULT
from .reading import Asked
from .sources import Sources

AROUND_MS = 60_000


@dataclass(frozen=True, slots=True)
class Links:
    """Where each trace can be looked at; the command is always there."""

    console: str | None = None
    grafana: str | None = None
    tempo: str | None = None

    @classmethod
    def of(cls, sources: Sources) -> "Links":
        tempo = None if "Tempo" in sources.silent else sources.tempo.url
        return cls(sources.console, sources.grafana, tempo)

    def to(self, each: Asked) -> dict[str, str]:
        """Name and address of each way."""
        trace, found = each.trace_id or "", dict[str, str]()
        if self.console:
            found["console"] = f"{self.console}/story/{trace}"
        if self.grafana:
            found["Grafana"] = self._explored(trace, each)
        elif self.tempo:
            found["Tempo"] = f"{self.tempo}/api/traces/{trace}"
        return found if trace else {}

    def _explored(self, trace: str, each: Asked) -> str:
        source = {"type": "tempo", "uid": "tempo"}
        query = {"refId": "A", "datasource": source, "queryType": "traceql"}
        around = {
            "from": str(int(each.start * 1000) - AROUND_MS),
            "to": str(int(each.end * 1000) + AROUND_MS),
        }
        panes = {
            "t": {
                "datasource": "tempo",
                "queries": [{**query, "query": trace}],
                "range": around,
            }
        }
        said = quote(json.dumps(panes, separators=(",", ":")))
        return f"{self.grafana}/explore?schemaVersion=1&orgId=1&panes={said}"


def command(each: Asked, instance: str) -> str:
    """To copy: draws the trace in the terminal."""
    where = "" if instance == DEFAULT else f" instance={instance}"
    return f"make story id={each.trace_id}{where}" if each.trace_id else ""
