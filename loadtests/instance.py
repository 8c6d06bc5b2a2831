"""Which stack is to bear the load, and where it is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

from dotenv import dotenv_values

from loadtests.tokens import bearer

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / ".data"
PATIENCE_S = 3.0
WEB_PORT = 8089

_direct = build_opener(ProxyHandler({}))


class Away(Exception):
    """There is no stack to make load on; it says what to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What Locust has to know of it."""

    url: str
    web_port: int = WEB_PORT
    env: Mapping[str, str] = field(default_factory=dict)


def loads(name: str) -> Path:
    """Where its runs are kept."""
    return DATA / name / "loads"


def found(name: str, host: str | None = None) -> Stack:
    """The instance's gateway, or the one at that address; raises Away."""
    if host:
        return _answering(Stack(host.rstrip("/")), "is it the right address?")
    start = "make up" if name == "default" else _started(name)
    file = DATA / name / "ports.env"
    if not file.is_file():
        raise Away(f"There is no stack {name}: start it with {start}.")
    ports = dotenv_values(file)
    collector = f"http://127.0.0.1:{ports['OTLP_HTTP_PORT']}"
    stack = Stack(
        f"http://127.0.0.1:{ports['GATEWAY_PORT']}",
        int(ports.get("LOCUST_PORT") or WEB_PORT),
        {"OTEL_EXPORTER_OTLP_ENDPOINT": collector},
    )
    return _answering(stack, f"start the stack with {start}.")


def _answering(stack: Stack, what_to_do: str) -> Stack:
    """A gateway that refuses what it does not know is there, too."""
    try:
        _direct.open(f"{stack.url}/livez", timeout=PATIENCE_S).close()
    except HTTPError:
        pass
    except (OSError, HTTPException, ValueError) as silence:
        raise Away(
            f"No gateway answers at {stack.url} ({silence}): {what_to_do}"
        ) from silence
    try:
        bearer(stack.url)
    except OSError as refusal:
        why = f"The gateway at {stack.url} gives no token ({refusal})"
        raise Away(f"{why}: LOAD_CLIENT_ID and LOAD_CLIENT_SECRET?") from refusal
    return stack


def _started(name: str) -> str:
    return (
        f"{os.path.relpath(ROOT / '.venv/bin/python')} -m native up --instance {name}"
    )
