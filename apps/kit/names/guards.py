"""Names of what guards a call: breakers, limits, bulkheads, replicas, caches."""

from apps.kit.caching import Outcome as Cached
from apps.kit.declaring import Attribute, Event

STATES = ("closed", "half_open", "open", "forced_open", "disabled")

ATTRIBUTES = (
    Attribute("breaker.name", str, "What it guards.", "bank", values=("bank", "fraud")),
    Attribute(
        "breaker.outcome",
        str,
        "What came of a call at it.",
        values=("ok", "slow", "failed", "refused"),
    ),
    Attribute("breaker.from", str, "The state that it left.", values=STATES),
    Attribute("breaker.to", str, "The state that it has now.", values=STATES),
    Attribute(
        "breaker.why",
        str,
        "Calls, time is up, held, let go, expired, or the other source's name.",
        "calls",
    ),
    Attribute("breaker.by", str, "The client whose word holds it.", "ops"),
    Attribute("breaker.open_s", float, "Seconds until it is probed.", 5.0),
    Attribute("breaker.was", str, "The state before somebody's word.", values=STATES),
    Attribute("breaker.for_s", int, "For how many seconds his word holds.", 60),
    Attribute("breaker.reason", str, "Why, in his words; masked.", "bank maintenance"),
    Attribute("bulkhead.name", str, "What is asked inside.", "bank", most=12),
    Attribute(
        "limiter.policy",
        str,
        "Which limit.",
        "clients",
        most=8,
    ),
    Attribute("limiter.decision", str, "", "allowed", values=("allowed", "refused")),
    Attribute("shedding.limit", int, "So many may be in flight.", 60),
    Attribute("shedding.refused", int, "So many were refused meanwhile.", 17),
    Attribute(
        "replica.state",
        str,
        "Whether it is asked, or left out for a while.",
        values=("in", "ejected"),
    ),
    Attribute(
        "replica.names", str, "All that are known, with commas.", "bank-1,bank-2"
    ),
    Attribute("cache.name", str, "What it remembers.", "reference", most=6),
    Attribute("cache.outcome", str, "How it answered.", values=Cached),
    Attribute(
        "retry.outcome",
        str,
        "The first attempt, another, or why there was no other.",
        values=("first", "again", "spent", "late", "poor", "refused"),
    ),
    Attribute("retry.wait_s", float, "Seconds waited before it.", 0.13),
)

EVENTS = (
    Event(
        "breaker.changed",
        "A breaker's state is another now.",
        "breaker.from breaker.name breaker.to breaker.why",
        "breaker.by breaker.open_s",
    ),
    Event("breaker.refused", "Nobody was asked.", "breaker.name breaker.outcome"),
    Event("breaker.probed", "One call may try whether it is well.", "breaker.name"),
    Event("bulkhead.refused", "No place came free in time.", "bulkhead.name"),
    Event("limiter.refused", "Beyond a limit.", "limiter.decision limiter.policy"),
    Event(
        "limiter.refusing",
        "Somebody goes beyond a limit: once in 10 s for each.",
        "limiter.decision limiter.policy",
    ),
    Event("shedding.began", "More came than can be done.", "shedding.limit"),
    Event("shedding.ended", "It is calm again.", "shedding.refused"),
    Event("shedding.refused", "Refused at once.", "shedding.limit"),
    Event("replicas.changed", "Others are asked now.", "peer.service replica.names"),
    Event(
        "replica.nonsense",
        "Somebody announced himself at an address that is none.",
        "peer.replica peer.service",
    ),
    Event(
        "replica.ejected",
        "Its connections failed: it is left out for a while.",
        "peer.replica peer.service",
    ),
    Event("replica.returned", "It answers again.", "peer.replica peer.service"),
    Event("replica.failover", "Another was asked instead.", "peer.replica.before"),
    Event("retry.again", "It is asked again.", "peer.service retry.wait_s"),
    Event("cache.looked_up", "A cache was asked.", "cache.name cache.outcome"),
    Event("cache.stale", "What it gives is old: nobody tells it more.", "cache.name"),
    Event("cache.fresh", "What it gives is new again.", "cache.name"),
)
