"""Reads JSON in which everything has one meaning (RFC 7493); all else is refused.

FastAPI's own parser takes the last of two equal names, takes NaN for a number, and
guesses at encodings: two readers of one order could see two amounts.
"""

import json
from email.message import Message
from typing import Any

from fastapi import Request

from apps.kit.errors import BadRequest, UnsupportedMediaType


async def strictly(request: Request) -> None:
    """Let no body in that could be read in two ways."""
    if getattr(request.scope["route"], "body_field", None) is None:
        return
    body = await request.body()
    if body:
        _typed(request.headers.get("content-type", ""))
        _parsed(body)


def _typed(written: str) -> None:
    """Raise UnsupportedMediaType unless it is JSON, in UTF-8."""
    if written == "application/json":
        return
    header = Message()
    header["content-type"] = written
    kind = header.get_content_type()
    is_json = kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )
    if not is_json:
        raise UnsupportedMediaType("The body's type is not JSON.")
    if str(header.get_param("charset", "utf-8")).lower() != "utf-8":
        raise UnsupportedMediaType("JSON is written in UTF-8.")


def _parsed(body: bytes) -> None:
    try:
        STRICT.decode(body.decode())
    except (ValueError, RecursionError):
        raise BadRequest(
            "Check its commas, its braces, that no name is there twice."
        ) from None


def _once(pairs: list[tuple[str, Any]]) -> None:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a name twice")


def _no_number(name: str) -> None:
    """NaN and Infinity are words of JavaScript, not of JSON."""
    raise ValueError(name)


STRICT = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number)
