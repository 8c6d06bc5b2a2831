"""How a server is asked in JSON: with an end to every wait, and a name for silence."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar
from urllib.parse import urlencode

import httpx

T = TypeVar("T")

TIMEOUT_S = 5.0
"""A backend on loopback that is silent for longer is not well."""

PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""All speak plain HTTP on loopback: nobody's certificates need to be loaded."""

PATIENCE_S = 10.0
"""Fresh telemetry takes about a second; past this it is missing."""


class Unanswered(Exception):
    """A backend that cannot be asked, or that refuses the question."""


class NotInTime(Exception):
    """What was waited for did not come; says what was seen last."""


def until(
    read: Callable[[], T],
    holds: Callable[[T], bool] = bool,
    *,
    within: float = PATIENCE_S,
    every: float = 0.1,
) -> T:
    """What `read` gives as soon as `holds` accepts it; NotInTime past the deadline."""
    deadline = time.monotonic() + within
    while True:
        try:
            seen: object = (value := read())
            if holds(value):
                return value
        except Unanswered as silence:
            seen = silence
        if time.monotonic() >= deadline:
            raise NotInTime(f"not within {within:g} s; last seen: {seen!r:.1000}")
        time.sleep(every)


def client(timeout_s: float, **headers: str) -> httpx.Client:
    """A client that goes straight to its server, whatever proxies there are."""
    return httpx.Client(
        timeout=timeout_s,
        trust_env=False,
        verify=PLAIN,
        headers=headers,
        limits=httpx.Limits(keepalive_expiry=2.0),  # servers keep them longer
    )


@dataclass(frozen=True, slots=True)
class Backend:
    """One server that answers questions about telemetry in JSON."""

    url: str
    http: httpx.Client = field(default_factory=lambda: client(TIMEOUT_S))

    def link(self, path: str, **params: Any) -> str:
        """The address of a question, for people to open."""
        return f"{self.url}{path}" + (f"?{urlencode(params)}" if params else "")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.http.close()

    @contextmanager
    def asked(self) -> Iterator[None]:
        """Silence inside has a name outside."""
        try:
            yield
        except httpx.HTTPError as silence:
            who = type(self).__name__
            raise Unanswered(f"{who} at {self.url}: {silence!r}") from silence

    def get(self, path: str, **params: Any) -> httpx.Response:
        with self.asked():
            return self.http.get(f"{self.url}{path}", params=params or None)

    def json(self, path: str, **params: Any) -> Any:
        return self.understood(self.get(path, **params))

    def understood(self, answer: httpx.Response) -> Any:
        if answer.is_error:
            raise Unanswered(
                f"{type(self).__name__} said {answer.status_code} to {answer.url}: "
                f"{answer.text[:300].strip()}"
            )
        return answer.json()
