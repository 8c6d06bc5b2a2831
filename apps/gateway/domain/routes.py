"""The route table: which way in leads to which service, and what it takes."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .limits import FaultyLimit, Policy

SERVICES = frozenset({"payments", "bank", "fraud", "backoffice", "notifications"})
METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
KINDS = frozenset({"uuid", "name"})
PARAMETER = re.compile(r"\{([a-z_]+)\}")
PATH = re.compile(r"(/([a-z_-]+|\{[a-z_]+\}))+")
WANTED = frozenset({"name", "method", "path", "service", "scope", "tag", "about"})
OPTIONAL = frozenset({"cache", "limit", "status"})


class FaultyTable(ValueError):
    """The table cannot be served; the text says which route and why."""


class Cached(StrEnum):
    """What may be answered without asking the service again."""

    NEVER = "never"
    REFERENCE = "reference"


@dataclass(frozen=True, slots=True)
class Route:
    """One way in."""

    name: str
    method: str
    path: str
    service: str
    scope: str
    tag: str
    about: str
    status: int = 200
    cache: Cached = Cached.NEVER
    limit: str | None = None

    @property
    def parameters(self) -> Sequence[str]:
        return PARAMETER.findall(self.path)


@dataclass(frozen=True, slots=True)
class Table:
    """All ways in; the kind of each part of a path; limits that some routes have."""

    routes: Sequence[Route]
    parameters: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, Policy] = field(default_factory=dict)


def table_of(text: str, scopes: frozenset[str]) -> Table:
    """Read a table; raises FaultyTable unless all of it can be served."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise FaultyTable(f"no TOML: {fault}") from None
    if odd := said.keys() - {"routes", "parameters", "limits"}:
        raise FaultyTable(f"what is {_listed(odd)}?")
    table = Table(
        [_route(each) for each in said.get("routes", [])],
        said.get("parameters", {}),
        {name: _limit(name, text) for name, text in said.get("limits", {}).items()},
    )
    for wrong in _faults(table, scopes):
        raise FaultyTable(wrong)
    return table


def _route(said: Mapping[str, Any]) -> Route:
    name = said.get("name", "a route without a name")
    if missing := WANTED - said.keys():
        raise FaultyTable(f"{name}: no {_listed(missing)}")
    if odd := said.keys() - WANTED - OPTIONAL:
        raise FaultyTable(f"{name}: what is {_listed(odd)}?")
    kind = said.get("cache", Cached.NEVER)
    if kind not in set(Cached):
        raise FaultyTable(f"{name}: cache {kind!r} is none")
    return Route(**{**said, "cache": Cached(kind)})


def _limit(name: str, text: Any) -> Policy:
    try:
        return Policy.of(name, str(text))
    except FaultyLimit as fault:
        raise FaultyTable(f"limit {name}: {fault}") from None


def _faults(table: Table, scopes: frozenset[str]) -> Iterator[str]:
    if not table.routes:
        yield "it has no routes"
    for name, kind in table.parameters.items():
        if kind not in KINDS:
            yield f"parameter {name}: {kind!r} is no kind ({_listed(KINDS)})"
    for route in table.routes:
        yield from (f"{route.name}: {fault}" for fault in _wrong(route, table, scopes))
    yield from _twice([route.name for route in table.routes])
    yield from _twice([_shape(route) for route in table.routes])


def _wrong(route: Route, table: Table, scopes: frozenset[str]) -> Iterator[str]:
    """What is wrong with one route."""
    closed = {
        "method": METHODS,
        "service": SERVICES,
        "scope": scopes,
        "limit": table.limits.keys() | {None},
    }
    for what, allowed in closed.items():
        if (given := getattr(route, what)) not in allowed:
            yield f"{what} {given!r} is none"
    if not PATH.fullmatch(str(route.path)):
        yield f"path {route.path!r} is none"
    if unknown := set(route.parameters) - table.parameters.keys():
        yield f"of what kind is {_listed(unknown)}?"
    if route.cache is not Cached.NEVER and (route.method != "GET" or route.parameters):
        yield "only lists that are read can be kept"


def _shape(route: Route) -> str:
    """What the router tells routes apart by: a parameter's name is nothing to it."""
    return f"{route.method} {PARAMETER.sub('{}', route.path)}"


def _twice(found: Sequence[str]) -> Iterator[str]:
    yield from (f"{each} is there twice" for each in found if found.count(each) > 1)


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))
