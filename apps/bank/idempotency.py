"""The Idempotency-Key header: here it is the request's own id, or it is wrong."""

from contextlib import suppress
from uuid import UUID

from apps.kit.errors import Problem


class KeyReused(Problem):
    status, code = 422, "idempotency-key-reused"
    title = "This request id was used for another request"
    reason = "reused"


def agree(key: str | None, request_id: UUID) -> None:
    """Nothing, bare or quoted (RFC 9651), or the id itself. Raises KeyReused."""
    if key is None:
        return
    with suppress(ValueError):
        if UUID(key.strip('"')) == request_id:
            return
    raise KeyReused("The Idempotency-Key is not the request_id.", pointer="/request_id")
