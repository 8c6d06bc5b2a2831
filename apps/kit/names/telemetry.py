"""Names of what telemetry tells of itself."""

from apps.kit.declaring import Attribute, Event

ATTRIBUTES = (
    Attribute(
        "telemetry.signal", str, "Which of them.", values=("traces", "logs", "metrics")
    ),
    Attribute("telemetry.held_s", float, "Seconds that it was held.", 61.5),
    Attribute("telemetry.items", int, "Spans, lines or points in the batch.", 256),
)

EVENTS = (
    Event(
        "telemetry.held",
        "The collector does not take it: it is held, and sent again.",
        "error.type telemetry.signal",
    ),
    Event(
        "telemetry.resumed",
        "The collector takes it.",
        "telemetry.signal telemetry.held_s",
    ),
    Event(
        "telemetry.lost",
        "A batch will never be taken.",
        "error.type telemetry.signal telemetry.items",
    ),
)
