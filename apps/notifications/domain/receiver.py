"""The merchant's side, for the demo: what its endpoint was sent, and how it behaves."""

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from .signing import ID, Secret, Verdict, verdict

KEPT = 200


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the merchant answers what is signed well, and how late."""

    status: int = 204
    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class Received:
    """A webhook as the merchant knows it; unless it is signed, only that it came."""

    webhook_id: str
    signature: Verdict
    first_at: datetime
    last_at: datetime
    deliveries: int
    """How often it came; the merchant acts on it once."""
    content: Mapping[str, Any]


class Receiver:
    """Remembers the last webhooks in memory, each id once."""

    def __init__(self, secret_of: Callable[[str], Secret]) -> None:
        self._secret_of = secret_of
        self._received: OrderedDict[tuple[str, Verdict], Received] = OrderedDict()
        self.behaviour = Behaviour()

    def receive(self, sent: Mapping[str, str], body: bytes, at: datetime) -> Received:
        """Check a webhook and remember it; which secret is due, the body says."""
        content = _content(body)
        merchant = str(_mapping(content.get("data")).get("merchant_id", ""))
        found = verdict(self._secret_of(merchant), sent, body, at)
        key = (sent.get(ID, ""), found)
        shown = content if found is Verdict.VALID else {}
        new = Received(key[0], found, at, at, 0, shown)
        before = self._received.pop(key, new)
        seen = replace(before, last_at=at, deliveries=before.deliveries + 1)
        self._received[key] = seen
        if len(self._received) > KEPT:
            self._received.popitem(last=False)
        return seen

    def received(self) -> Sequence[Received]:
        """The last ones, newest first."""
        return list(reversed(self._received.values()))


def _content(body: bytes) -> Mapping[str, Any]:
    try:
        return _mapping(json.loads(body))
    except (ValueError, RecursionError):
        return {}


def _mapping(found: object) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}
