"""docs/signals.yaml: the contract as OpenTelemetry writes semantic conventions.

https://github.com/open-telemetry/weaver/blob/main/schemas/semconv-syntax.md is the form.
Standard attributes are referred to (`ref`) and not defined again: their registry is
https://github.com/open-telemetry/semantic-conventions.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import yaml

from apps.kit.declaring import Attribute, Event, Span, Standard
from apps.kit.instruments import Counter, Gauge

from . import sources, telling
from .budget import budget
from .declared import Metric, declared

HEAD = """\
# Written by `make docs` from what the code declares; docs/signals.md is for people.
# Refs that no group here defines are attributes of OpenTelemetry's own registry.
"""
TYPES = {str: "string", int: "int", float: "double", bool: "boolean"}
KNOWN = "Where it is known."

Group = dict[str, Any]


def written() -> str:
    """The whole file."""
    groups = [*_attributes(), *_spans(), *_events(), *_metrics()]
    return HEAD + yaml.safe_dump(
        {"groups": groups}, sort_keys=False, allow_unicode=True, width=88
    )


def _attributes() -> Iterator[Group]:
    own = [
        each
        for _name, each in sorted(declared().attributes.items())
        if not isinstance(each, Standard)
    ]
    for root, those in groupby(own, key=lambda each: each.name.split(".")[0]):
        yield {
            "id": f"registry.{root}",
            "type": "attribute_group",
            "display_name": f"{root.capitalize()} attributes",
            "brief": f"What is told of: {root}.",
            "attributes": [_attribute(each) for each in those],
        }


def _attribute(each: Attribute) -> Group:
    """An open set shows an example, a closed one its members."""
    told: Group = {"id": each.name, "type": TYPES[each.type]}
    if each.values:
        told["type"] = {"members": [_member(value) for value in each.closed]}
    elif "{" in each.name:
        told |= {"id": each.name.split(".{")[0], "type": "template[string]"}
    told |= {"brief": telling.about(each), "stability": "development"}
    if each.example is not None:
        told["examples"] = [each.example]
    return told


def _member(value: str) -> Group:
    word = re.sub(r"\W+", "_", value.lower())
    name = word if word[:1].isalpha() else f"n{word}"
    return {"id": name, "value": value, "stability": "development"}


def _spans() -> Iterator[Group]:
    for _name, span in sorted(declared().spans.items()):
        yield {
            "id": f"span.{_slug(span)}",
            "type": "span",
            "span_kind": span.kind,
            "brief": span.about,
            "note": f"Its name: `{span.name}`.",
            "stability": "development",
            "attributes": _refs(span.attributes),
            "annotations": _notes(telling.services_of_span(span)),
        }


def _slug(span: Span) -> str:
    """Own names are their ids; patterns are named by what fills them."""
    if sources.NAME.fullmatch(span.name):
        return span.name
    words = re.sub(r"[^a-z0-9.]+", "_", span.name).strip("_.")
    return f"{span.kind}.{words}"


def _events() -> Iterator[Group]:
    for name, event in sorted(declared().events.items()):
        yield {
            "id": f"event.{name}",
            "type": "event",
            "name": name,
            "brief": event.about,
            "stability": "development",
            "attributes": _refs(event.attributes),
            "annotations": _notes(telling.services_of(name), told_on=_on(event)),
        }


def _on(event: Event) -> list[str]:
    return list(telling.on(event))


def _metrics() -> Iterator[Group]:
    for name, metric in sorted(declared().metrics.items()):
        services = telling.services_of(name)
        yield {
            "id": f"metric.{name}",
            "type": "metric",
            "metric_name": name,
            "brief": metric.about,
            "instrument": instrument(metric),
            "unit": metric.unit,
            "stability": "development",
            "attributes": _refs(dict.fromkeys(metric.by, False)),
            "annotations": _notes(
                services, prometheus=metric.promql, series_per_process=budget(metric)
            ),
        }


def instrument(metric: Metric) -> str:
    """As the conventions name it."""
    if isinstance(metric, Counter):
        return "counter"
    return "gauge" if isinstance(metric, Gauge) else "histogram"


def _refs(attributes: Mapping[str, bool]) -> list[Group]:
    return [
        {
            "ref": name.split(".{")[0],
            "requirement_level": "required"
            if always
            else {"conditionally_required": KNOWN},
        }
        for name, always in sorted(attributes.items())
    ]


def _notes(services: Iterable[str], **more: Any) -> Group:
    return {"payscope": {"services": list(services), **more}}
