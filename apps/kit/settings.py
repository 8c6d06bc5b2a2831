"""Settings come from the environment, once, and a bad one stops the start."""

import os
import secrets
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError
from pydantic_settings import BaseSettings

EX_CONFIG = 78
"""The exit code of a configuration error (BSD sysexits.h)."""

S = TypeVar("S", bound=BaseSettings)


class ServiceSettings(BaseSettings):
    """What every service can be told; each adds its own, with its own prefix."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: int
    """TCP port to listen on."""

    jwks_url: str = "http://127.0.0.1:8000/.well-known/jwks.json"
    """Where the keys are that tokens are verified by: the issuer's, here the gateway."""

    issuer: str = "payscope"
    """Whose tokens are taken (`iss`)."""

    audience: str = "payscope"
    """Whom tokens must be meant for (`aud`)."""


def load(kind: type[S]) -> S:
    """Read the settings, or name the faulty variables and exit with 78."""
    try:
        return kind(**{})  # all of it comes from the environment
    except ValidationError as fault:
        prefix = kind.model_config.get("env_prefix", "")
        for error in fault.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in error["loc"])
            sys.stderr.write(f"{prefix}{name.upper()}: {error['msg']}\n")
        raise SystemExit(EX_CONFIG) from None


def secret_file(path: Path, size: int = 32) -> bytes:
    """Read a secret key, made at first use and readable by its owner alone.

    It is filled before it has its name: a crash or a second process never meets half
    a key. A file that is no key of that size stops the start.
    """
    key = made_file(path, partial(secrets.token_bytes, size))
    if len(key) != size:
        sys.stderr.write(f"{path}: not a key of {size} bytes\n")
        raise SystemExit(EX_CONFIG)
    return key


def made_file(path: Path, make: Callable[[], bytes]) -> bytes:
    """Read a file, made whole at first use and readable by its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _make(path, make())
    return path.read_bytes()


def _make(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    with suppress(FileExistsError):  # another process was first: its key holds
        os.link(name, path)
    Path(name).unlink()
