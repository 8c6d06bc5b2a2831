"""The Idempotency-Key header: what it must look like, and how it can be wrong."""

import re
from collections.abc import Sequence

from apps.kit.errors import Problem

SHAPE = re.compile(r"[A-Za-z0-9_.:-]{16,255}")


class KeyMissing(Problem):
    status, code = 400, "idempotency-key-missing"
    title = "Send an Idempotency-Key"


class KeyMalformed(Problem):
    status, code = 400, "idempotency-key-malformed"
    title = "The Idempotency-Key has the wrong shape"


class KeyReused(Problem):
    status, code = 422, "idempotency-key-reused"
    title = "This Idempotency-Key was used for another order"


class InFlight(Problem):
    status, code = 409, "idempotency-in-flight"
    title = "The same order is being decided"
    retry_after_s = 1


def key_of(headers: Sequence[str]) -> str:
    """The one key, bare or as a quoted string (RFC 9651). Raises what is wrong with it."""
    if not headers:
        raise KeyMissing("Make one per order, and send it again with each retry.")
    written = headers[0]
    if len(written) > 1 and written[0] == written[-1] == '"':
        written = written[1:-1]
    if len(headers) > 1 or not SHAPE.fullmatch(written):
        raise KeyMalformed("One key of 16 to 255 letters, digits and _.:- is needed.")
    return written
