"""Whose traces go on here: his whose token says so."""

from starlette.types import Scope

from apps.kit.auth import Tokens, bearer
from apps.kit.errors import Problem

CONTINUES = "trace:continue"


class Trusting:
    """Reads the token once more, and only of requests that bring a trace along."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def __call__(self, scope: Scope) -> bool:
        given = [
            v.decode("latin-1") for k, v in scope["headers"] if k == b"authorization"
        ]
        try:
            caller = await self._tokens.caller(bearer(given))
        except Problem:
            return False
        return CONTINUES in caller.scopes
