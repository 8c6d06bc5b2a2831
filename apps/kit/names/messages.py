"""Names of what goes over the stream: sent, heard, heard again, dead."""

from apps.kit.declaring import Attribute, Event, Span, Standard

_OF_MESSAGE = (
    "messaging.destination.name messaging.message.id messaging.operation.name"
    " messaging.operation.type messaging.system"
)
_HEARD = "messaging.consumer.group.name messaging.destination.name messaging.system"

ATTRIBUTES = (
    Standard("messaging.system", str, "", "nats", values=("nats",)),
    Standard("messaging.operation.name", str, "", "send", values=("send", "process")),
    Standard("messaging.operation.type", str, "", "send", values=("send", "process")),
    Standard(
        "messaging.destination.name",
        str,
        "The subject, in which the event's version stands.",
        "pay.v1.payment.authorised",
        most=30,
    ),
    Standard(
        "messaging.consumer.group.name",
        str,
        "The durable consumer: the service and what it does.",
        "fraud-count_card",
        most=20,
    ),
    Standard("messaging.message.id", str, "The event's own id.", "0197a3f2-…"),
    Standard("messaging.message.body.size", int, "", 612),
    Standard("messaging.batch.message_count", int, "Where one work is for many.", 24),
    Attribute(
        "messaging.message.delivery.attempt",
        int,
        "Which delivery of the message to its consumer it is.",
        1,
    ),
    Attribute("message.duration", float, "Seconds that an attempt took.", 0.0042),
    Attribute("message.delay", float, "Seconds until it is delivered again.", 1.0),
    Attribute("dlq.letter", int, "A dead letter's place in its stream.", 7),
)

SPANS = (
    Span(
        "send {messaging.destination.name}",
        "producer",
        "A message is on its way until the stream has it.",
        f"{_OF_MESSAGE} messaging.message.body.size",
        "error.type",
    ),
    Span(
        "process {messaging.destination.name}",
        "consumer",
        "A message is heard, in the trace that it came in.",
        f"{_OF_MESSAGE} messaging.consumer.group.name"
        " messaging.message.delivery.attempt",
        "error.type messaging.batch.message_count payscope.journey",
    ),
    Span(
        "{service.name}.{listener}",
        "internal",
        "A batch of messages is one work, in a trace that is linked to each of theirs.",
        "",
        "error.type",
    ),
)

EVENTS = (
    Event(
        "message.processed",
        "An attempt at a message has ended; told at debug.",
        f"{_HEARD} messaging.message.id message.duration",
        "error.type",
    ),
    Event(
        "message.unsent",
        "The stream did not take a message; it stays in the outbox.",
        "error.type messaging.message.id",
    ),
    Event(
        "message.duplicate",
        "Heard before, and dropped.",
        "messaging.consumer.group.name messaging.message.id",
    ),
    Event(
        "message.postponed",
        "A delivery failed; the message comes again.",
        f"{_HEARD} error.type message.delay messaging.message.delivery.attempt"
        " messaging.message.id",
    ),
    Event(
        "message.dead",
        "No delivery helped: it is a dead letter.",
        f"{_HEARD} error.type messaging.message.delivery.attempt messaging.message.id",
    ),
    Event(
        "message.replayed",
        "A dead letter is heard again, for somebody asked for that.",
        f"{_HEARD} messaging.message.id",
    ),
    Event(
        "batch.divided",
        "A batch failed as one; its messages are done one by one.",
        "error.type messaging.batch.message_count messaging.consumer.group.name",
    ),
    Event(
        "messages.unacknowledged",
        "Done, but the stream could not be told: they come again, and are known then.",
        "error.type messaging.batch.message_count",
    ),
    Event("hearing.interrupted", "Hearing broke off, and goes on.", "error.type"),
    Event("outbox.interrupted", "The relay broke off, and goes on.", "error.type"),
)
