"""Names of what processes cost, and of how the server of streams fares."""

from apps.kit.declaring import Attribute, Event, Standard

ATTRIBUTES = (
    Standard(
        "cpu.mode", str, "Ours, or the system's for us.", values=("user", "system")
    ),
    Standard("cpython.gc.generation", int, "0, 1 or 2: 0 is the youngest.", 2, most=3),
    Attribute("nats.stream", str, "A stream of NATS', or a bucket.", "PAY", most=12),
    Attribute("nats.direction", str, "From clients, or to them.", values=("in", "out")),
)

EVENTS = (
    Event("nats.away", "NATS does not say how it is.", "error.type"),
    Event("nats.back", "It says so again."),
)
