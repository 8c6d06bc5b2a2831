"""The bank's database: what it was asked, and what it said."""

from pathlib import Path
from typing import cast

import asyncpg

from apps.kit.database import Database
from apps.kit.values import Cents

from .domain import Authorisation, Request, Verdict

SCHEMA = (Path(__file__).parent / "schema",)

INSERT = """
INSERT INTO authorisation (authorisation_id, request_id, merchant_id, card_token,
    amount, currency, verdict)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (request_id) DO UPDATE SET request_id = EXCLUDED.request_id
RETURNING *
"""


class PostgresStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, authorisation: Authorisation) -> Authorisation:
        """Keep the answer, or fetch the one that this request already has."""
        request = authorisation.request
        async with self._database.connection() as db:
            row = await db.fetchrow(
                INSERT,
                authorisation.authorisation_id,
                request.request_id,
                request.merchant_id,
                request.card_token,
                request.amount,
                request.currency,
                authorisation.verdict,
            )
        return _authorisation(cast("asyncpg.Record", row))


def _authorisation(row: asyncpg.Record) -> Authorisation:
    request = Request(
        row["request_id"],
        row["merchant_id"],
        row["card_token"],
        Cents(row["amount"]),
        row["currency"],
    )
    return Authorisation(row["authorisation_id"], request, Verdict(row["verdict"]))
