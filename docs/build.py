"""Builds the documents that the code tells: `python -m docs.build`, or `--check` that they are up to date.

Each service tells its own; the gateway forwards bytes, so what it takes and gives is
told by the services behind it.
"""

import importlib
import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

from apps.kit import asyncapi
from apps.kit.openapi import REF, operations
from apps.kit.service import Service, app_of
from contract import page, registry

from . import chaos, lines

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "tests" / "contracts" / "samples"

BEHIND = ("payments", "fraud", "backoffice", "notifications", "bank")
"""The services behind the gateway; the first one that knows a path describes it."""

BASE = "/api/v1"
PACKAGED = HERE.parent / "apps" / "gateway" / "openapi.json"
"""The same document, for the gateway to show."""

Json = dict[str, Any]


def openapi(service: str) -> Json:
    """What the HTTP face of a service says of itself; nothing is started for it."""
    router = importlib.import_module(f"apps.{service}.app").router
    return deepcopy(app_of(Service(service, None, router)).openapi())


def gateway(behind: dict[str, Json]) -> Json:
    """The gateway's document, with the bodies of those who answer."""
    document = openapi("gateway")
    schemas = document["components"]["schemas"]
    behind = _told_apart(behind, schemas)
    for path, method, operation in operations(document):
        if _is_told(operation):
            continue
        inner = path.removeprefix(BASE)
        for described in behind.values():
            if found := described["paths"].get(inner, {}).get(method):
                _fill(operation, found)
                schemas |= _needed(found, described)
                break
    return document


def asyncapi_document() -> Json:
    """All that goes over the stream, with a sample of each event that has one."""
    document = deepcopy(asyncapi.document(*BEHIND))
    for message in document["components"]["messages"].values():
        sample = SAMPLES / f"{message['title']}.json"
        if sample.is_file():
            payload = json.loads(sample.read_text())
            message["examples"] = [{"name": message["name"], "payload": payload}]
    return document


def built() -> Iterator[tuple[Path, str]]:
    """Each document's file and what belongs in it."""
    behind = {service: openapi(service) for service in BEHIND}
    for name, document in {**behind, "gateway": gateway(behind)}.items():
        yield HERE / "openapi" / f"{name}.json", _written(document)
        if name == "gateway":
            yield PACKAGED, json.dumps(document, ensure_ascii=False) + "\n"
    yield HERE / "asyncapi.json", _written(asyncapi_document())
    yield HERE / "signals.md", page.written()
    yield HERE / "signals.yaml", registry.written()
    yield HERE / "logs.schema.json", _written(lines.schema())
    yield chaos.PAGE, chaos.rendered(chaos.PAGE.read_text(), chaos.results())


def stale() -> list[str]:
    """Which of the committed documents do not say what the code says."""
    wanted = dict(built())
    extra = [p.name for p in (HERE / "openapi").glob("*.json") if p not in wanted]
    return extra + [
        path.name
        for path, text in wanted.items()
        if not path.is_file() or path.read_text() != text
    ]


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        for name in (differing := stale()):
            sys.stdout.write(f"{name} is stale: run `make docs`\n")
        return 1 if differing else 0
    (HERE / "openapi").mkdir(exist_ok=True)
    for path, text in built():
        path.write_text(text)
        sys.stdout.write(f"{path.relative_to(HERE.parent)}\n")
    return 0


def _is_told(operation: Json) -> bool:
    """The gateway answers it itself, and says what: nobody behind does."""
    return any(
        content.get("schema")
        for status, said in operation["responses"].items()
        if status.startswith("2")
        for content in said.get("content", {}).values()
    )


def _told_apart(behind: dict[str, Json], own: Json) -> dict[str, Json]:
    """Of bodies that differ under one name, the later carries its service's name too."""
    seen, apart = {**own}, {}
    for service, document in behind.items():
        told = document
        while odd := [
            name
            for name, schema in told["components"]["schemas"].items()
            if seen.get(name, schema) != schema
        ]:
            told = _renamed(told, {name: service.title() + name for name in odd})
        apart[service] = told
        seen |= told["components"]["schemas"]
    return apart


def _renamed(document: Json, names: dict[str, str]) -> Json:
    written = json.dumps(document)
    for old, new in names.items():
        written = written.replace(f'"{REF}{old}"', f'"{REF}{new}"')
    told: Json = json.loads(written)
    schemas = told["components"]["schemas"]
    for old, new in names.items():
        schemas[new] = schemas.pop(old)
    return told


def _fill(operation: Json, found: Json) -> None:
    """Tell what passes through; what the gateway itself answers stays."""
    kept = {**found["responses"]}
    for status, said in operation["responses"].items():
        if not status.startswith("2"):
            kept[status] = _joined(kept.get(status), said)
    operation["responses"] = dict(sorted(kept.items()))
    theirs = {each["name"]: each for each in found.get("parameters", [])}
    ours = operation.get("parameters", [])
    told = [
        theirs[each["name"]] if _is_narrower(theirs, each) else each for each in ours
    ]
    names = {each["name"] for each in ours}
    added = [each for name, each in theirs.items() if name not in names]
    operation["parameters"] = [*told, *added]
    if "requestBody" in found:
        operation["requestBody"] = found["requestBody"]


def _is_narrower(theirs: dict[str, Json], ours: Json) -> bool:
    """Of a part of the path the gateway knows the letters, whoever answers the word."""
    return ours["in"] == "path" and ours["name"] in theirs


def _joined(theirs: Json | None, ours: Json) -> Json:
    """One answer with the examples of both."""
    joined = deepcopy(ours)
    for kind, content in (theirs or {}).get("content", {}).items():
        into = joined.setdefault("content", {}).setdefault(kind, deepcopy(content))
        into.setdefault("examples", {}).update(content.get("examples", {}))
    return joined


def _needed(found: Json, document: Json) -> Json:
    """The schemas that an operation names, and those that they name."""
    schemas = document["components"]["schemas"]
    needed: Json = {}
    asked = list(_named(found))
    while asked:
        if (name := asked.pop()) not in needed:
            needed[name] = schemas[name]
            asked += _named(schemas[name])
    return needed


def _named(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].removeprefix(REF)
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from _named(each)


def _written(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
