"""Names of what comes in and goes out: HTTP, PostgreSQL, errors."""

from apps.kit.declaring import Attribute, Span, Standard
from apps.kit.methods import METHODS

_GRAPH = "Tempo's and the collector's service graph name a peer by it, and by no other."

ATTRIBUTES = (
    Standard("service.name", str, "Which service; the probe's is `probe`.", "payments"),
    Standard("service.namespace", str, "Always payscope.", "payscope"),
    Standard("service.version", str, "Of the package.", "0.1.0"),
    Standard(
        "service.instance.id",
        str,
        "Which replica: its place, the same after each start.",
        "payments-1",
    ),
    Standard("deployment.environment.name", str, "Where it runs.", "local"),
    Standard(
        "http.request.method",
        str,
        "What is none of HTTP's own is `_OTHER`.",
        "POST",
        values=(*sorted(METHODS), "_OTHER"),
    ),
    Standard("http.response.status_code", int, "", 201, most=25),
    Standard(
        "http.request.resend_count", int, "1 where it went to another replica.", 1
    ),
    Standard(
        "http.route",
        str,
        "The route's template, as the OpenAPI document writes it.",
        "/payments/{payment_id}",
        most=40,
    ),
    Attribute(
        "request.duration",
        float,
        "Seconds that a request took: on the line that it ended in, and on no other.",
        0.0173,
    ),
    Standard("url.scheme", str, "", "http", values=("http", "https")),
    Standard("url.path", str, "Masked, and cut.", "/payments"),
    Standard("url.full", str, "Masked, and cut.", "http://127.0.0.1:8002/assessments"),
    Standard(
        "server.address",
        str,
        "Of a server span, the Host header's name; cut.",
        "127.0.0.1",
        most=12,
    ),
    Standard("server.port", int, "", 8001, most=12),
    Standard("network.protocol.version", str, "", "1.1"),
    Standard(
        "error.type",
        str,
        "A class of ours or of a library, or a status; never a text.",
        "ReadTimeout",
        most=30,
    ),
    Standard("exception.type", str, "", "ReadTimeout"),
    Standard("exception.message", str, "On lines alone; masked, and cut.", "no answer"),
    Standard(
        "exception.stacktrace", str, "On lines alone; masked, cut.", "Traceback …"
    ),
    Standard(
        "peer.service",
        str,
        "Whom we call, by the name that we call it.",
        "bank",
        most=12,
        kept=_GRAPH,
    ),
    Attribute(
        "peer.replica",
        str,
        "Which of its replicas was asked.",
        "bank-2",
        most=12,
    ),
    Attribute("peer.replica.before", str, "The one whose connection failed.", "bank-1"),
    Standard("db.system.name", str, "", "postgresql", values=("postgresql",)),
    Standard("db.namespace", str, "The service's own database.", "payments", most=6),
    Standard(
        "db.query.summary",
        str,
        "The verb and the first table; a span's name, too.",
        "INSERT payment",
        most=60,
    ),
    Standard(
        "db.query.text", str, "With $1 where values go: never a value.", "SELECT 1"
    ),
    Standard("db.operation.batch.size", int, "Where one statement does many.", 12),
    Standard(
        "db.client.connection.pool.name", str, "The database's.", "payments", most=6
    ),
    Standard("db.client.connection.state", str, "", "used", values=("used", "idle")),
    Attribute(
        "payscope.journey",
        str,
        "On whose behalf: a journey of a load run, the probe. Comes as W3C baggage.",
        "till",
    ),
    Attribute(
        "payscope.origin",
        str,
        "Of a trace that follows from another: that one's TraceID, to be sampled alike.",
        "7f3a9c0de1b2a7c45f1e2d3c4b5a6978",
    ),
)

AMBIENT = ("merchant.id", "payscope.journey", "payscope.stream")
"""What baggage carries, and whose a line is: any span and any line may have it."""

SPANS = (
    Span(
        "{http.request.method} {http.route}",
        "server",
        "A request is answered. Who asked, and what was found, is told on it, too.",
        "http.request.method http.response.status_code network.protocol.version"
        " server.address server.port url.path url.scheme",
        "enduser.id error.type http.route merchant.id payscope.journey",
    ),
    Span(
        "{http.request.method}",
        "client",
        "Another service is asked, once: each attempt is a span of its own.",
        "http.request.method peer.service server.address server.port url.full",
        "error.type http.request.resend_count http.response.status_code peer.replica",
    ),
    Span(
        "{db.query.summary}",
        "client",
        "PostgreSQL is asked.",
        "db.namespace db.query.summary db.query.text db.system.name peer.service",
        "db.operation.batch.size error.type",
    ),
)
