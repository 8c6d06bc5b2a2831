"""Where clients get tokens, and everybody the keys that tokens are read by."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qs, unquote_plus

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from apps.kit.errors import RequestTimeout, UnsupportedMediaType
from apps.kit.openapi import problems
from apps.kit.service import wired

from ..domain.clients import Asked, OAuthError
from ..ports import Ports
from ..usecases.issuing import issue

Wired = Annotated[Ports, Depends(wired)]

FORM = "application/x-www-form-urlencoded"
UNKEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
KEYS_KEPT = {"Cache-Control": "public, max-age=300"}

router = APIRouter(tags=["tokens"])


class TokenOut(BaseModel):
    """A token, and for how many seconds it is good."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class DeniedOut(BaseModel):
    """Why there is none (RFC 6749, 5.2)."""

    error: OAuthError


class KeySetOut(BaseModel):
    """A JSON Web Key Set (RFC 7517)."""

    keys: Sequence[Mapping[str, Any]]


_FIELDS = {
    "grant_type": {"type": "string", "enum": ["client_credentials"]},
    "client_id": {"type": "string", "example": "m-01"},
    "client_secret": {"type": "string", "example": "payscope-demo-m-01"},
    "scope": {"type": "string", "example": "payments:read"},
}
_BODY = {
    "required": True,
    "content": {
        FORM: {
            "schema": {
                "type": "object",
                "required": ["grant_type"],
                "properties": _FIELDS,
                "examples": [
                    {
                        "grant_type": "client_credentials",
                        "client_id": "m-01",
                        "client_secret": "payscope-demo-m-01",
                    }
                ],
            }
        }
    },
}


@router.post(
    "/oauth/token",
    response_model=TokenOut,
    responses={
        400: {"model": DeniedOut},
        401: {"model": DeniedOut},
        **problems(RequestTimeout, UnsupportedMediaType),
    },
    openapi_extra={"requestBody": _BODY},
)
async def create_token(request: Request, ports: Wired) -> JSONResponse:
    """Issue a token; the client proves itself by Basic credentials or in the form."""
    if request.headers.get("content-type", "").partition(";")[0].lower() != FORM:
        raise UnsupportedMediaType(f"Send {FORM}.")
    asked = _asked(await request.body(), request.headers.getlist("authorization"))
    found = asked if isinstance(asked, OAuthError) else issue(asked, ports.issuing)
    return _denied(found) if isinstance(found, OAuthError) else _kept_by_nobody(found)


@router.get("/.well-known/jwks.json", response_model=KeySetOut)
async def get_keys(ports: Wired) -> JSONResponse:
    """Show the keys that tokens are verified by."""
    return JSONResponse(ports.issuing.keys.shown(), headers=KEYS_KEPT)


def _asked(body: bytes, authorization: Sequence[str]) -> Asked | OAuthError:
    """What the form says, each name once; credentials here or there, never both."""
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=8)
        basic = _basic(authorization) if authorization else None
    except (ValueError, binascii.Error):
        return OAuthError.INVALID_REQUEST
    form = {name: values[0] for name, values in fields.items()}
    is_double = any(len(values) > 1 for values in fields.values())
    if is_double or "grant_type" not in form or (basic and "client_secret" in form):
        return OAuthError.INVALID_REQUEST
    client, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
    if form.get("client_id", client) != client:
        return OAuthError.INVALID_REQUEST
    return Asked(form["grant_type"], client, secret, form.get("scope", ""))


def _basic(headers: Sequence[str]) -> tuple[str, str]:
    """Credentials of HTTP Basic, each encoded as in a form (RFC 6749, 2.3.1)."""
    scheme, _, given = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "basic":
        raise ValueError("not Basic")
    client, colon, secret = (
        base64.b64decode(given, validate=True).decode().partition(":")
    )
    if not colon:
        raise ValueError("not Basic")
    return unquote_plus(client), unquote_plus(secret)


def _kept_by_nobody(token: Mapping[str, str | int]) -> JSONResponse:
    return JSONResponse(token, headers=UNKEPT)


def _denied(error: OAuthError) -> JSONResponse:
    is_client = error is OAuthError.INVALID_CLIENT
    ask = {"WWW-Authenticate": 'Basic realm="payscope"'} if is_client else {}
    return JSONResponse({"error": error}, 401 if is_client else 400, {**UNKEPT, **ask})
