"""OTLP as JSON over HTTP, by hand: the load brings no SDK along, and imports start fast."""

import json
import os
import urllib.request
from collections.abc import Mapping
from typing import Any

HERE = "http://127.0.0.1:4318"
TIMEOUT_S = 5.0

Value = str | int | float | bool
Facts = Mapping[str, Value]

_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def send(signal: str, body: dict[str, Any]) -> None:
    """Post it to the collector: `traces`, `metrics` or `logs`; OSError where it is away."""
    here = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", HERE)
    request = urllib.request.Request(  # noqa: S310  (our own collector)
        f"{here}/v1/{signal}",
        json.dumps(body, separators=(",", ":")).encode(),
        {"Content-Type": "application/json"},
    )
    _direct.open(request, timeout=TIMEOUT_S).close()


def scoped(number: int, kind: str, things: str, told: list[Any]) -> dict[str, Any]:
    """What this process told, below who it is: the number of its kind."""
    scope = {"scope": {"name": "loadtests"}, things: told}
    whole = {"resource": {"attributes": resource(number)}, f"scope{kind}": [scope]}
    return {f"resource{kind}": [whole]}


def resource(number: int) -> list[dict[str, Any]]:
    """Each process of a run is an instance of its own, or their counters would be one."""
    name = os.environ.get("OTEL_SERVICE_NAME", "locust")
    given = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    pairs = dict(pair.split("=", 1) for pair in given.split(",") if "=" in pair)
    known = {
        "service.name": name,
        "service.namespace": "payscope",
        "service.instance.id": f"{name}-{number}",
    }
    return attributes({**known, **pairs})


def attributes(facts: Facts) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in facts.items()]


def _value(value: Value) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    return (
        {"doubleValue": value} if isinstance(value, float) else {"stringValue": value}
    )
