"""Resilience: which dependency ails, and what is done so that callers hardly notice."""

from functools import partial

from grafana_foundation_sdk.models.dashboard import Dashboard

from apps.gateway.signals import PARTS
from apps.kit import (
    auth,
    balancing,
    breaker,
    bulkheads,
    caching,
    deadlines,
    discovery,
    health,
    jwks,
    limits,
    retries,
    shedding,
)
from apps.payments.signals import DECISIONS, EXPOSURE
from grafana.house import asked, lines
from grafana.panels import (
    Panel,
    Rows,
    drawn,
    levels,
    portion,
    rates,
    seldom,
    states,
    without,
)
from grafana.promql import legend, quantile

WHAT = "Which dependency ails, and what is done so that callers hardly notice."
FALLBACK = 'payment_mode="FALLBACK"'
REPLICA = "service.instance.id"
STATES = {
    0: ("closed", "green"),
    1: ("half-open: tries", "yellow"),
    2: ("open", "red"),
    3: ("held open", "dark-red"),
    -1: ("held closed", "blue"),
}
DOORS = {
    "Books: what is exposed": "payscope-books",
    "After the answer: what is put right": "payscope-later",
}


def late() -> Panel:
    """A single late waking is what counts, so the highest bucket is shown."""
    about = "How late event loops woke at worst; past 1 s a process is not alive."
    panel = lines("Event loops", about, "s")
    return panel.with_target(asked(quantile(1, health.LAG, REPLICA), legend(REPLICA)))


def clocks() -> Panel:
    """Ahead and behind are alike bad."""
    about = "How far a replica's clock is off; at more than 5 s somebody is told."
    expr = f"max by (peer_replica) (abs({discovery.OFFSET.promql}))"
    return lines("Clocks", about, "s").with_target(asked(expr, legend("peer.replica")))


ROWS: Rows = {
    "Breakers": (
        partial(
            states,
            "State",
            "Red: that dependency is not asked; held: by `PUT /ops/breakers/{name}`.",
            breaker.STATE,
            REPLICA,
            "breaker.name",
            named=STATES,
        ),
        partial(
            rates,
            "Calls at breakers",
            "What came of calls; failed and slow ones open it, refused asked nobody.",
            breaker.CALLS,
            "breaker.name",
            "breaker.outcome",
            unit="reqps",
        ),
        partial(
            seldom,
            "Changes of state",
            "By the state that was entered; to and fro means that it cannot decide.",
            breaker.TRANSITIONS,
            "breaker.name",
            "breaker.to",
        ),
    ),
    "Fallback": (
        partial(
            portion,
            "Decided without the bank",
            "Share of payments decided in a silent bank's stead; above 0 the bank ails.",
            DECISIONS,
            where=FALLBACK,
        ),
        partial(
            levels,
            "Exposure",
            "Accepted in the bank's stead and not confirmed; falls to 0 once it is back.",
            EXPOSURE,
            scale=100,
        ),
    ),
    "Waiting for others": (
        partial(
            rates,
            "Attempts",
            "Calls that may be repeated: first and again, and why there was no other.",
            retries.ATTEMPTS,
            "peer.service",
            "retry.outcome",
            unit="reqps",
        ),
        partial(
            seldom,
            "Cut short",
            "Calls cut, or never begun, because our own caller's time was up.",
            deadlines.EXCEEDED,
            "service.name",
            "peer.service",
        ),
        partial(
            levels,
            "Inside bulkheads",
            "Calls that wait for a service; it climbs to its limit while that one hangs.",
            bulkheads.IN_USE,
            REPLICA,
            "bulkhead.name",
        ),
        partial(
            seldom,
            "No place in the bulkhead",
            "Calls that were not made, for too many wait for that service already.",
            bulkheads.REFUSED,
            REPLICA,
            "bulkhead.name",
        ),
    ),
    "At the door": (
        partial(
            rates,
            "Let in, or not",
            "Tokens judged, by who judged and why not; keys_away: the issuer is gone.",
            auth.DECISIONS,
            "service.name",
            "auth.outcome",
            "auth.reason",
            unit="reqps",
        ),
        partial(
            levels,
            "Age of the keys",
            "Since when the token issuer's keys were not fetched; past 300 s he is away.",
            jwks.AGE,
            "service.name",
            unit="s",
        ),
        partial(
            rates,
            "Limiter",
            "Requests counted against a limit; refused ones got a 429.",
            limits.DECISIONS,
            "limiter.policy",
            "limiter.decision",
            unit="reqps",
        ),
        partial(
            without,
            "Nobody asked for reference data.",
            partial(
                rates,
                "Cache",
                "Reference data by how it was answered; stale: its service did not answer.",
                caching.LOOKUPS,
                "cache.name",
                "cache.outcome",
                unit="reqps",
            ),
        ),
        partial(
            seldom,
            "Shed",
            "Requests refused at once, with a 503, because too many were in flight.",
            shedding.REFUSED,
            "service.name",
            unit="reqps",
        ),
        partial(
            levels,
            "In flight",
            "Requests at work; at the limit beside, more are refused with a 503.",
            shedding.IN_FLIGHT,
            REPLICA,
        ),
        partial(
            levels,
            "May be in flight",
            "The limit, which shrinks while even the quickest answers are slow.",
            shedding.LIMIT,
            REPLICA,
        ),
    ),
    "Replicas": (
        partial(
            rates,
            "Picks",
            "Requests by the replica that they went to; they should be alike.",
            balancing.PICKS,
            "peer.service",
            "peer.replica",
            unit="reqps",
            share=3,
        ),
        partial(
            levels,
            "Known",
            "Replicas that are asked, and those left out because they do not answer.",
            balancing.REPLICAS,
            "peer.service",
            "replica.state",
            share=3,
        ),
        partial(
            seldom,
            "Ejections",
            "Replicas left out for ten seconds after five failed connections in a row.",
            balancing.EJECTIONS,
            "peer.service",
            "peer.replica",
            share=3,
        ),
    ),
    "Answers of several, and ourselves": (
        partial(
            rates,
            "Parts",
            "Parts of composed answers; what is neither told nor unknown was left out.",
            PARTS,
            "part.name",
            "part.outcome",
        ),
        late,
        clocks,
    ),
}


def resilience() -> Dashboard:
    return drawn("payscope-resilience", "Resilience", WHAT, ROWS, DOORS)
