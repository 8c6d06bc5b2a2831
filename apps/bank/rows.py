"""Rows of the bank's tables, turned into domain values and back."""

from dataclasses import asdict
from typing import Any

import asyncpg

from apps.kit.values import Cents

from .domain.accounts import Account
from .domain.authorisations import Authorisation, Change, Code, Known, Request, Reversal
from .domain.holds import Hold, HoldState


def known_of(row: asyncpg.Record | None, fresh: Account | None = None) -> Known:
    """Read what `standing_alone` found, if anything, with the account to it."""
    if row is None:
        return None, None
    known = authorisation_of(row) if row["authorisation_id"] else None
    drawn = known.request if known else fresh
    if row["balance"] is None or drawn is None:
        return known, None
    money = Cents(row["balance"]), Cents(row["held"])
    return known, Account(drawn.card_token, drawn.currency, *money)


def authorisation_of(row: asyncpg.Record) -> Authorisation:
    """Read a row of the view `standing`."""
    return Authorisation(
        row["authorisation_id"],
        row["request_id"],
        _request(row),
        Code(row["network_code"]),
        _hold(row),
        _reversal(row),
    )


def rows_of(change: Change, traceparent: str | None) -> dict[str, Any]:
    """A change as the SQL function `keep_change` takes it."""
    rows = {
        "authorisation": _authorisation_row(change.authorisation, traceparent),
        "account": asdict(change.account) if change.account else None,
        "hold": _hold_row(change.authorisation),
    }
    return {name: row for name, row in rows.items() if row}


def _authorisation_row(
    known: Authorisation, traceparent: str | None
) -> dict[str, object]:
    asked = asdict(known.request) if known.request else {}
    return {
        **asked,
        "authorisation_id": known.authorisation_id,
        "request_id": known.request_id,
        "decision": known.verdict,
        "network_code": known.code,
        "traceparent": traceparent,
    }


def _hold_row(known: Authorisation) -> dict[str, object] | None:
    if known.hold is None:
        return None
    return {"authorisation_id": known.authorisation_id, **asdict(known.hold)}


def reversal_row(known: Authorisation, reversal: Reversal) -> dict[str, object]:
    return {
        "reversal_id": reversal.reversal_id,
        "request_id": known.request_id,
        "reason": reversal.reason,
        "reversed_at": reversal.at,
    }


def _request(row: asyncpg.Record) -> Request | None:
    if row["amount"] is None:
        return None
    return Request(
        row["request_id"],
        row["merchant_id"],
        row["card_token"],
        Cents(row["amount"]),
        row["currency"],
    )


def _hold(row: asyncpg.Record) -> Hold | None:
    if row["state"] is None:
        return None
    return Hold(
        HoldState(row["state"]),
        Cents(row["hold_amount"]),
        Cents(row["captured"]),
        row["expires_at"],
    )


def _reversal(row: asyncpg.Record) -> Reversal | None:
    if row["reversal_id"] is None:
        return None
    return Reversal(row["reversal_id"], row["reason"], row["reversed_at"])
