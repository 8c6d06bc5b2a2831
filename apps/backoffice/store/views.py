"""Reads what is shown, of the generation that serves, in one look."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from apps.kit.database import Database
from apps.kit.values import Cents

from ..domain.dashboards import StandIn
from ..domain.projections import Projection
from ..domain.sums import Balance, DayKey, Purse, Tally
from ..domain.views import NAMES, PaymentView

_SERVING = """generation = (
    SELECT generation FROM projection_offset
    WHERE projection = '{0}' AND state = 'serving'
)"""
VIEW = f"""
SELECT {", ".join(NAMES)} FROM payment_view
WHERE payment_id = $1 AND {_SERVING.format("payment_view")}
"""  # noqa: S608  (our own names)
CARD_STATUS = f"""
SELECT status FROM card_flag
WHERE card_token = $1 AND {_SERVING.format("card_flag")}
"""  # noqa: S608  (our own names)
DAYS = f"""
SELECT day, currency, outcome, reason, count, amount, fee, fallbacks
FROM merchant_day
WHERE merchant_id = $1 AND day >= $2 AND {_SERVING.format("merchant_day")}
"""  # noqa: S608  (our own names)
BALANCES = f"""
SELECT currency, captured, refunded, fees, settled, pending FROM balance_view
WHERE merchant_id = $1 AND {_SERVING.format("balance_view")} ORDER BY currency
"""  # noqa: S608  (our own names)
STANDINS = f"""
SELECT COALESCE(standin, CASE WHEN voided_at IS NULL THEN 'open' ELSE 'voided' END)
    AS outcome, currency, count(*) AS count, sum(amount)::bigint AS amount
FROM payment_view
WHERE merchant_id = $1 AND source = 'delegation' AND authorised_at >= $2
    AND {_SERVING.format("payment_view")}
GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608  (our own names)
AS_OF = """
SELECT event_time FROM projection_offset WHERE projection = $1 AND state = 'serving'
"""


class PostgresViews:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def view(self, payment_id: UUID) -> PaymentView | None:
        async with self._database.connection() as db:
            row = await db.fetchrow(VIEW, payment_id)
        return PaymentView(**row) if row else None

    async def card_status(self, card_token: UUID) -> str | None:
        async with self._database.connection() as db:
            status: str | None = await db.fetchval(CARD_STATUS, card_token)
        return status

    async def days(self, merchant_id: str, since: date) -> Mapping[DayKey, Tally]:
        async with self._database.connection() as db:
            rows = await db.fetch(DAYS, merchant_id, since)
        return {
            DayKey(merchant_id, *tuple(row)[:4]): Tally(*tuple(row)[4:]) for row in rows
        }

    async def balances(self, merchant_id: str) -> Mapping[Purse, Balance]:
        async with self._database.connection() as db:
            rows = await db.fetch(BALANCES, merchant_id)
        return {
            Purse(merchant_id, row["currency"]): Balance(*tuple(row)[1:])
            for row in rows
        }

    async def standins(self, merchant_id: str, since: datetime) -> Sequence[StandIn]:
        async with self._database.connection() as db:
            rows = await db.fetch(STANDINS, merchant_id, since)
        return [
            StandIn(row["outcome"], row["count"], Cents(row["amount"]), row["currency"])
            for row in rows
        ]

    async def as_of(self, projection: Projection) -> datetime | None:
        async with self._database.connection() as db:
            at: datetime | None = await db.fetchval(AS_OF, projection)
        return at
