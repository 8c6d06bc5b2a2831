"""What can be broken on purpose, by which command, and what is then to be seen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Drill:
    """A command that breaks something, the one that mends it, and what happens between."""

    name: str
    breaks: str
    mends: str
    seen: str
    needs_proxy: bool = False


DRILLS = (
    Drill("The bank leaves", "make stop s=bank", "make start s=bank",
          "Small amounts are accepted in its stead, the breaker opens, StandInActive fires."),
    Drill("The bank hangs", "make fault s=bank t=latency=5000", "make fault s=bank t=clear",
          "Payments wait until their deadline, then the same: nobody waits for five seconds.", True),
    Drill("The bank refuses connections", "make fault s=bank t=down", "make fault s=bank t=clear",
          "As if it had left, but known at once: no timeout has to pass.", True),
    Drill("Answers of payments break off", "make fault s=payments t=reset", "make fault s=payments t=clear",
          "Callers ask again with the same key; nobody pays twice.", True),
    Drill("Fraud leaves", "make stop s=fraud", "make start s=fraud",
          "Payments go on without its word; scores catch up when it is back."),
    Drill("NATS leaves", "make stop s=nats", "make start s=nats",
          "Payments are answered, outboxes grow, NatsDown fires; all leaves in order later."),
    Drill("Loki leaves", "make stop s=loki", "make start s=loki",
          "Lines wait in the collector's queue on disk; no payment notices, none is lost."),
)  # fmt: skip
