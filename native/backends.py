"""Where an instance's telemetry can be asked for: an instance's ports are the places."""

from apps.story.asking import (
    PATIENCE_S,
    PLAIN,
    TIMEOUT_S,
    Backend,
    NotInTime,
    Unanswered,
    client,
    until,
)
from apps.story.backends import (
    EVERYTHING,
    LOOK_BACK_S,
    PAGE,
    RANGE,
    Backends,
    Loki,
    Prometheus,
    Tempo,
    by_trace,
)

__all__ = [
    "EVERYTHING",
    "LOOK_BACK_S",
    "PAGE",
    "PATIENCE_S",
    "PLAIN",
    "RANGE",
    "TIMEOUT_S",
    "Backend",
    "Backends",
    "Loki",
    "NotInTime",
    "Prometheus",
    "Tempo",
    "Unanswered",
    "by_trace",
    "client",
    "until",
]
