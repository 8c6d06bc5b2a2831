"""Settings come from the environment, once, and a bad one stops the start."""

import os
import re
import secrets
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import AfterValidator, ValidationError
from pydantic_settings import BaseSettings, SettingsError

EX_CONFIG = 78
"""The exit code of a configuration error (BSD sysexits.h)."""

S = TypeVar("S", bound=BaseSettings)


def address(schemes: tuple[str, ...], written: str, apart: str = ",") -> str:
    """A URL without the spaces around it; raises ValueError, which says nothing of it.

    No space is in it, nor what sets one URL apart from the next.
    """
    url = written.strip()
    try:
        found = urlsplit(url)
        is_reached = httpx.URL(url).host and found.hostname and found.port != 0
    except (ValueError, httpx.InvalidURL):  # no port, no host, half an IPv6 address
        is_reached = False
    is_one = url.isascii() and not re.search(rf"[\s{apart}]", url)
    if not (is_one and is_reached and found.scheme in schemes):
        raise ValueError(f"must be {schemes[0]}://<host>:<port>")
    return url


def _addresses(schemes: tuple[str, ...], written: str) -> str:
    return ",".join(address(schemes, each) for each in written.split(","))


HTTP = ("http", "https")
NATS = ("nats", "tls")
POSTGRES = ("postgresql", "postgres")
HttpAddress = Annotated[str, AfterValidator(partial(address, HTTP))]
HttpAddresses = Annotated[str, AfterValidator(partial(_addresses, HTTP))]
"""One URL for each replica, with commas between."""
NatsAddress = Annotated[str, AfterValidator(partial(address, NATS))]
DatabaseAddress = Annotated[str, AfterValidator(partial(address, POSTGRES, apart=""))]
"""One only: a comma is part of its password."""


class ServiceSettings(BaseSettings):
    """What every service can be told; each adds its own, with its own prefix."""

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: int
    """TCP port to listen on."""

    advertised_url: HttpAddress | Literal[""] = ""
    """Where other services reach this replica, if not at host and port."""

    @property
    def url(self) -> str:
        return self.advertised_url or f"http://{self.host}:{self.port}"

    jwks_url: HttpAddress = "http://127.0.0.1:8000/.well-known/jwks.json"
    """Where the keys are that tokens are verified by: the issuer's, here the gateway."""

    issuer: str = "payscope"
    """Whose tokens are taken (`iss`)."""

    audience: str = "payscope"
    """Whom tokens must be meant for (`aud`)."""


def load(kind: type[S]) -> S:
    """Read the settings, or name the faulty variables and exit with 78.

    A value may lie in a file: `<VARIABLE>_FILE` names it.
    """
    prefix = kind.model_config.get("env_prefix", "")
    try:
        return kind(**_from_files(kind, prefix))  # the rest comes from the environment
    except ValidationError as fault:
        for error in fault.errors(include_input=False, include_url=False):
            name = "_".join(str(part) for part in error["loc"])
            _complain(f"{prefix}{name.upper()}", error["msg"])
    except SettingsError as fault:
        field = re.search(r'field "(\w+)"', str(fault))
        _complain(f"{prefix}{field[1].upper() if field else ''}", "cannot be read")
    raise SystemExit(EX_CONFIG)


def _from_files(kind: type[BaseSettings], prefix: str) -> dict[str, Any]:
    found = {}
    for field in kind.model_fields:
        name = f"{prefix}{field.upper()}"
        path = os.environ.get(f"{name}_FILE")
        if path is None or f"{field}_file" in kind.model_fields:
            continue
        if name in os.environ:
            _complain(name, f"is given, and {name}_FILE too: which of them?")
            raise SystemExit(EX_CONFIG)
        try:
            found[field] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeError) as fault:
            _complain(f"{name}_FILE", f"cannot be read: {type(fault).__name__}")
            raise SystemExit(EX_CONFIG) from None
    return found


def _complain(name: str, wrong: str) -> None:
    sys.stderr.write(f"{name}: {wrong}\n")


def shown(settings: BaseSettings) -> dict[str, str | int | float]:
    """The settings for a log line: no secret, and no URL's password."""
    return {
        f"setting.{name}": _shown(value)
        for name, value in settings.model_dump(mode="python").items()
    }


_CREDENTIALS = re.compile(r"(://)(?:([^:@\s]*)(:))?(?:(?!,\w+://)\S)*@")
"""Up to the last @ of each URL: a password may hold whatever a URL may not."""


def _shown(value: object) -> str | int | float:
    if isinstance(value, int | float):
        return value
    text = str(value)
    if "://" not in text:
        return text
    text = _CREDENTIALS.sub(r"\1\2\3••••@", text)
    return re.sub(r"(?i)([?&][^=&]*(?:password|secret|token)=)[^&\s]*", r"\1••••", text)


def unknown(kind: type[BaseSettings]) -> list[str]:
    """Variables with this service's prefix that it does not know: misspelt, or gone."""
    prefix = kind.model_config.get("env_prefix", "")
    known = {f"{prefix}{field.upper()}" for field in kind.model_fields}
    known |= {f"{name}_FILE" for name in known}
    return sorted(
        name
        for name in os.environ
        if prefix and name.startswith(prefix) and name not in known
    )


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
