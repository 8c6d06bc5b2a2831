"""Declared, and not to be waited for: what the full scenario does not bring about, and why.

What stands here is told in a test of its own, that makes the fault on purpose.
"""

_CRASH = "a process has to die at one of its edges: tests/crash makes it"
_BURIED = "a message has to fail for minutes before it is dead: tests/kit hears it die"
_BUG = "a fault of ours has to be in the code: tests put one there"
_HOURS = "it takes hours, or days: tests move the clock"
_LOAD = "more load than two cores make: tests/chaos rushes"
_RACE = "two processes have to meet at one moment: tests make them"
_MERCHANT = "a merchant's server has to fail: tests/notifications has one that does"
_STUCK = "the bank has to refuse what it once took: tests/payments has such a bank"

_REPLICAS = "a second replica has to be there, or away: tests/chaos stops one of two"
_MOMENT = "a server has to be away at the one moment when it is asked: tests/kit"
_PAGE = "people use the page: tests/console does"
_DEBUG = "it is told at debug alone: tests/kit has it told"
_TRAIL = "it is in the audit trail, which is no telemetry"
_BOUNDED = "the edge remembers for longer than the scenario lasts: tests/gateway"

RARE: dict[str, str] = {
    "replica.ejected": _REPLICAS,
    "replica.failover": _REPLICAS,
    "replica.returned": _REPLICAS,
    "replicas.changed": _REPLICAS,
    "replica.names": _REPLICAS,
    "peer.replica.before": _REPLICAS,
    "balancer.ejections": _REPLICAS,
    "http.request.resend_count": _REPLICAS,
    "fleet.degraded": _REPLICAS,
    "fleet.asked": _REPLICAS,
    "fleet.why": _REPLICAS,
    "auth.keys_unfetched": _MOMENT,
    "auth.token_unissued": _MOMENT,
    "database.awaited": _MOMENT,
    "hearing.interrupted": _MOMENT,
    "message.unsent": _MOMENT,
    "nats.away": _MOMENT,
    "nats.back": _MOMENT,
    "payments.knock": _MOMENT,
    "payments.recover": _MOMENT,
    "payment.recovered": _MOMENT,
    "saga.step_postponed": _MOMENT,
    "cache.stale": _BOUNDED,
    "cache.fresh": _BOUNDED,
    "console.move": _PAGE,
    "console.pay": _PAGE,
    "console.moves": _PAGE,
    "console.question.duration": _PAGE,
    "console.refused": _PAGE,
    "console.answered": _PAGE,
    "console.server": _PAGE,
    "console.took_s": _PAGE,
    "till.used": _PAGE,
    "message.processed": _DEBUG,
    "message.duration": _DEBUG,
    "breaker.was": _TRAIL,
    "breaker.for_s": _TRAIL,
    "breaker.reason": _TRAIL,
    "process.crashed": _CRASH,
    "crash.point": _CRASH,
    "process.exit.code": _CRASH,
    "message.dead": _BURIED,
    "message.replayed": _BURIED,
    "letter.replayed": _BURIED,
    "dlq.letter": _BURIED,
    "dlq.messages": _BURIED,
    "dlq.replayed": _BURIED,
    "backoffice.replay_letter": _BURIED,
    "service.broken": _BUG,
    "part.stayed": _BUG,
    "part.unstopped": _BUG,
    "commit.call_failed": _BUG,
    "ledger.unbalanced": _BUG,
    "ledger.imbalance": _BUG,
    "verify.first": _BUG,
    "telemetry.lost": _BUG,
    "telemetry.items": _BUG,
    "merchant.unsettled": _BUG,
    "payment.left_alone": _BUG,
    "hold.stuck": _BUG,
    "replica.nonsense": _BUG,
    "setting.unknown": "somebody has to misspell a variable: tests/kit does",
    "setting.name": "somebody has to misspell a variable: tests/kit does",
    "hold.expired": _HOURS,
    "bank.expire": _HOURS,
    "payments.expire": _HOURS,
    "webhook.dead": _HOURS,
    "webhook.failed": _MERCHANT,
    "webhook.next_at": _MERCHANT,
    "webhook.queued": _MERCHANT,
    "notifications.retry": _MERCHANT,
    "notification.unaddressed": _MERCHANT,
    "webhook.lost": _RACE,
    "webhook.repeated": _RACE,
    "rebuild.abandoned": _RACE,
    "service.undrained": _RACE,
    "requests.cut": _RACE,
    "batch.divided": _RACE,
    "messages.unacknowledged": _RACE,
    "message.duplicate": _RACE,
    "inbox.duplicates": _RACE,
    "bank.tombstone": _RACE,
    "saga.step_refused": _STUCK,
    "saga.step_retried": _STUCK,
    "payments.retry_step": _STUCK,
    "bank.refusal": _STUCK,
    "shedding.began": _LOAD,
    "shedding.ended": _LOAD,
    "shedding.refused": _LOAD,
    "shedding.limit": _LOAD,
    "bulkhead.refused": _LOAD,
    "database.busy": _LOAD,
    "db.client.connection.timeouts": _LOAD,
}
