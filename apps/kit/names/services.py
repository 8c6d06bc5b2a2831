"""Names of a service's own life: it starts, does its jobs, lets people in, stops."""

from apps.kit.auth import Reason
from apps.kit.crashing import POINTS
from apps.kit.declaring import Attribute, Event, Standard
from apps.kit.signals import AUDIT
from apps.kit.writing import NUMBERS

JOBS = (
    "alerts.purge",
    "auth.keys",
    "auth.token",
    "bank.expire",
    "bank.measure",
    "breakers.watch",
    "database.measure",
    "dlq.measure",
    "inbox.purge",
    "keys.purge",
    "ledger.balance",
    "nats.measure",
    "assessments.purge",
    "notifications.purge",
    "orders.inquire",
    "orders.recover",
    "outbox.measure",
    "outbox.purge",
    "payments.expire",
    "payments.settle",
    "payments.watch",
    "probe.pay",
    "replica.announce",
    "replicas.follow",
    "runtime.measure",
    "sagas.finish_at_bank",
    "sagas.finish_here",
    "sagas.purge",
    "streams.declare",
    "views.measure",
    "views.rebuild",
    "views.tidy",
    "webhooks.measure",
    "webhooks.retry",
)
"""What is done again and again, by whichever service does it."""

_ENDED = "http.request.method http.response.status_code request.duration"
_ENDED_MAYBE = "error.type http.route"

ACTIONS = (
    "bank.authorise",
    "bank.capture",
    "bank.expire",
    "bank.reverse",
    "breaker.force",
    "merchant.settle",
    "payment.authorise",
    "payment.capture",
    "payment.reconcile",
    "payment.refund",
    "payment.reverse",
    "payment.void",
    "step.retry",
)
"""What the audit trail tells."""

ATTRIBUTES = (
    Standard("enduser.id", str, "The client that the token is for.", "m-01"),
    Attribute("auth.outcome", str, "", "allowed", values=("allowed", "refused")),
    Attribute("auth.reason", str, "What is wrong with the token.", values=Reason),
    Attribute("auth.keys", int, "So many keys of the issuer are known.", 2),
    Attribute("auth.token_life", float, "Seconds that our own token holds.", 3600.0),
    Attribute("problem.code", str, "Which problem was answered.", "validation-failed"),
    Attribute("problem.status", int, "Its status.", 422),
    Attribute("log.level", str, "How much it matters.", values=tuple(NUMBERS)),
    Attribute("log.why", str, "", values=("wished", "expired")),
    Attribute("log.for_s", int, "For how many seconds.", 900),
    Attribute("log.by", str, "The client who wished it.", "ops"),
    Attribute("log.reason", str, "Why, in his words; masked.", "slow refunds"),
    Attribute("payscope.stream", str, "Whose stream a line is in.", values=(AUDIT,)),
    Attribute("requests.cut", int, "So many were still under way.", 1),
    Attribute("setting.{name}", str, "Each setting of the service.", "8001"),
    Attribute("setting.name", str, "A variable that nobody reads.", "PAYMENTS_ODD"),
    Attribute("job.name", str, "What is done again and again.", values=JOBS),
    Attribute("job.outcome", str, "What came of it.", values=("done", "failed")),
    Attribute("crash.point", str, "The edge at which it dies.", values=tuple(POINTS)),
    Standard("process.exit.code", int, "", 137),
    Attribute("audit.action", str, "What was done.", values=ACTIONS),
    Attribute("audit.result", str, "What came of it.", "done", most=12),
)

EVENTS = (
    Event("service.configured", "It starts with these.", maybe="setting.{name}"),
    Event(
        "setting.unknown", "A variable that looks like ours is none.", "setting.name"
    ),
    Event("service.started", "It listens."),
    Event("service.ready", "All its parts have started."),
    Event("service.broken", "A part broke for good: the process ends.", "error.type"),
    Event("service.leaving", "It was asked to stop, and takes leave."),
    Event("service.undrained", "Requests were cut off as it stopped.", "requests.cut"),
    Event("service.stopped", "It is over."),
    Event("part.stayed", "A part could not take leave.", "error.type"),
    Event("part.unstopped", "A part could not stop.", "error.type"),
    Event("job.failed", "It is done again later.", "error.type job.name job.outcome"),
    Event(
        "process.crashed",
        "It dies here, for a test asked for that.",
        "crash.point process.exit.code",
    ),
    Event("auth.refused", "Not let in.", "auth.outcome auth.reason"),
    Event("auth.keys_fetched", "The issuer's keys are others now.", "auth.keys"),
    Event(
        "auth.keys_unfetched",
        "The issuer is silent; the keys that we have serve on.",
        "auth.keys error.type",
    ),
    Event("auth.token_issued", "We have a token of our own.", "auth.token_life"),
    Event("auth.token_unissued", "We got no token.", "error.type"),
    Event("request.answered", "A request has ended.", _ENDED, _ENDED_MAYBE),
    Event(
        "request.refused",
        "A request has ended: asked wrongly.",
        "problem.code problem.status",
        f"{_ENDED} {_ENDED_MAYBE}",
    ),
    Event(
        "request.failed",
        "A request has ended: we could not answer.",
        "error.type problem.code problem.status",
        f"{_ENDED} http.route",
    ),
    Event(
        "log.level_changed",
        "Somebody has the process tell more, or less; or his time is up.",
        "log.level log.why payscope.stream",
        "log.by log.for_s log.reason",
    ),
    Event("database.awaited", "PostgreSQL is not there yet.", "error.type"),
    Event(
        "database.busy",
        "All connections were in use.",
        "db.client.connection.pool.name",
    ),
    Event(
        "database.away",
        "PostgreSQL does not answer.",
        "db.client.connection.pool.name error.type",
    ),
    Event(
        "commit.call_failed",
        "The transaction is kept; what was to be told of it is not.",
        "error.type",
    ),
)
