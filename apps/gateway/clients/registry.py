"""The clients that may have tokens: a file, judged at the start."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from apps.kit.auth import SCOPES
from apps.kit.settings import EX_CONFIG

from ..domain.clients import Client


class ClientEntry(BaseModel):
    """One client; `scopes` separated by spaces, as in a token."""

    model_config = ConfigDict(extra="forbid")

    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    secret_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: str
    merchant_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")] | None = None

    @model_validator(mode="after")
    def _known(self) -> Self:
        if unknown := set(self.scopes.split()) - set(SCOPES):
            raise ValueError(f"no such scope: {' '.join(sorted(unknown))}")
        return self


class Registry(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid")

    clients: list[ClientEntry]

    @model_validator(mode="after")
    def _once(self) -> Self:
        if len({each.client_id for each in self.clients}) < len(self.clients):
            raise ValueError("a client_id is there twice")
        return self


def registered(path: Path) -> Mapping[str, Client]:
    """The clients by their ids; a bad file stops the start, and none of it is shown."""
    try:
        found = Registry.model_validate_json(path.read_bytes())
    except OSError as fault:
        raise _bad(path, [fault.strerror or "cannot be read"]) from None
    except ValidationError as fault:
        errors = fault.errors(include_input=False, include_url=False)
        where = [".".join(str(part) for part in each["loc"]) for each in errors]
        said = [f"{w}: {e['msg']}" for w, e in zip(where, errors, strict=True)]
        raise _bad(path, said) from None
    return {each.client_id: _client(each) for each in found.clients}


def _client(entry: ClientEntry) -> Client:
    scopes = frozenset(entry.scopes.split())
    return Client(entry.client_id, entry.secret_sha256, scopes, entry.merchant_id)


def _bad(path: Path, wrong: list[str]) -> SystemExit:
    for each in wrong:
        sys.stderr.write(f"GATEWAY_CLIENTS_FILE: {path}: {each}\n")
    return SystemExit(EX_CONFIG)
