"""All that is declared, gathered from the modules that declare it."""

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from types import ModuleType
from typing import Any

import apps
from apps.kit.declaring import Attribute, Declared, Event, Span
from apps.kit.instruments import Counter, Gauge, Histogram

from . import sources

Metric = Counter | Gauge | Histogram


@dataclass(frozen=True, slots=True)
class Contract:
    """Each kind by name."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    metrics: dict[str, Metric] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    """Where a metric or a span is declared."""
    twice: list[str] = field(default_factory=list)
    """Names that two modules declare."""


@cache
def declared() -> Contract:
    """Everything; each module of ours is imported for it, and nothing started."""
    found = Contract()
    for module in _modules():
        for value in vars(module).values():
            _take(found, value, module.__name__)
    for name, (module_name, about) in sources.use_cases().items():
        brief = about.split("\n\n")[0].replace("\n", " ")
        made = Span(name, "internal", brief, "", "error.type")
        _put(found, found.spans, made, module_name)
    return found


def _modules() -> Iterator[ModuleType]:
    for each in pkgutil.walk_packages(apps.__path__, "apps."):
        if not each.name.endswith("__main__"):
            yield importlib.import_module(each.name)


def _take(found: Contract, value: object, module: str) -> None:
    match value:
        case Counter() | Gauge() | Histogram():
            if found.metrics.setdefault(value.name, value) is not value:
                found.twice.append(value.name)
            if sources.tellers(value.name):
                found.modules[value.name] = sources.tellers(value.name)[0]
        case tuple():
            for each in value:
                if isinstance(each, Attribute | Event | Span):
                    _put(found, _kind(found, each), each, module)


def _kind(found: Contract, value: Declared) -> dict[str, Any]:
    if isinstance(value, Attribute):
        return found.attributes
    return found.events if isinstance(value, Event) else found.spans


def _put(found: Contract, among: dict[str, Any], value: Declared, module: str) -> None:
    known = among.setdefault(value.name, value)
    if known is not value:
        found.twice.append(value.name)
    found.modules.setdefault(value.name, module)
