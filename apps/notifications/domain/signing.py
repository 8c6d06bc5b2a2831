"""Signatures of webhooks: Standard Webhooks 1.0, symmetric.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

TOLERANCE_S = 300
"""How far a timestamp may be from the receiver's clock: older ones are replays."""

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"


class Verdict(StrEnum):
    VALID = "valid"
    INCOMPLETE = "incomplete"
    STALE = "stale"
    FORGED = "forged"


@dataclass(frozen=True, slots=True)
class Secret:
    """What a merchant and we know, and no log can print."""

    key: bytes = field(repr=False)

    @classmethod
    def of(cls, written: str) -> "Secret":
        return cls(b64decode(written.removeprefix("whsec_"), validate=True))

    def written(self) -> str:
        """As a merchant keeps it."""
        return f"whsec_{b64encode(self.key).decode()}"

    def signature(self, id: str, timestamp: str, body: bytes) -> str:
        content = f"{id}.{timestamp}.".encode() + body
        return f"v1,{b64encode(hmac.digest(self.key, content, 'sha256')).decode()}"


def headers(secret: Secret, id: str, at: datetime, body: bytes) -> dict[str, str]:
    """What goes with a body; the id stays over all attempts, the timestamp does not."""
    timestamp = str(int(at.timestamp()))
    signature = secret.signature(id, timestamp, body)
    return {ID: id, TIMESTAMP: timestamp, SIGNATURE: signature}


def verdict(
    secret: Secret, sent: Mapping[str, str], body: bytes, at: datetime
) -> Verdict:
    """What a receiver makes of a webhook; several signatures may stand side by side."""
    id, timestamp = sent.get(ID, ""), sent.get(TIMESTAMP, "")
    signatures = sent.get(SIGNATURE, "").encode().split()
    is_instant = timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 13
    if not (id and signatures and is_instant):
        return Verdict.INCOMPLETE
    if abs(at.timestamp() - int(timestamp)) > TOLERANCE_S:
        return Verdict.STALE
    expected = secret.signature(id, timestamp, body).encode()
    if any(hmac.compare_digest(expected, each) for each in signatures):
        return Verdict.VALID
    return Verdict.FORGED
