"""Rows of the bank's tables, turned into domain values and back."""

from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from apps.kit.values import Cents

from .domain.accounts import Account
from .domain.authorisations import Authorisation, Change, Code, Request, Reversal
from .domain.holds import Hold, HoldState


def account_of(row: asyncpg.Record) -> Account:
    return Account(
        row["card_token"], row["currency"], Cents(row["balance"]), Cents(row["held"])
    )


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


def values_of(change: Change) -> tuple[Any, ...]:
    """A change in the order of the store's KEEP."""
    return (
        change.authorisation.authorisation_id,
        change.authorisation.request_id,
        *_asked(change.authorisation.request),
        change.authorisation.verdict,
        change.authorisation.code,
        *_moved(change.account),
        *_held(change.authorisation.hold),
    )


def _asked(
    request: Request | None,
) -> tuple[str | None, UUID | None, int | None, str | None]:
    if request is None:
        return None, None, None, None
    return request.merchant_id, request.card_token, request.amount, request.currency


def _moved(account: Account | None) -> tuple[int | None, int | None]:
    return (account.balance, account.held) if account else (None, None)


def _held(
    hold: Hold | None,
) -> tuple[str | None, int | None, int | None, datetime | None]:
    if hold is None:
        return None, None, None, None
    return hold.state, hold.amount, hold.captured, hold.expires_at


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
