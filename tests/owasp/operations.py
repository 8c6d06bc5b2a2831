"""The operations of all services, read from the documents that the code makes."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import uuid4

from apps.kit.openapi import operations
from docs import build
from tests.stack.stack import SERVICES

NAMES = {"merchant_id": "M-01", "name": "payments", "step": "capture", "letter_id": "1"}
"""Words for a path where no UUID belongs."""


@dataclass(frozen=True)
class Operation:
    """One route of one service, as its document tells of it."""

    service: str
    method: str
    path: str
    told: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.service} {self.method} {self.path}"

    @property
    def scopes(self) -> frozenset[str] | None:
        """What a caller needs; None where anybody may ask."""
        needed = self.told.get("security")
        if not needed:
            return None
        return frozenset(
            scope for each in needed for found in each.values() for scope in found
        )

    @property
    def filled(self) -> str:
        """A path that the route takes, of a thing that there is not."""
        path = self.path
        for parameter in self.told.get("parameters", ()):
            if parameter["in"] == "path":
                word = NAMES.get(parameter["name"], str(uuid4()))
                path = path.replace(f"{{{parameter['name']}}}", word)
        return path

    @property
    def schema(self) -> Mapping[str, Any] | None:
        """What its JSON body looks like; None where it takes none."""
        content = self.told.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        return None if schema is None else _resolved(schema, self.service)

    @property
    def example(self) -> Any:
        """A body that could be sent; None where none is."""
        return self.schema["examples"][0] if self.schema else None

    @property
    def properties(self) -> frozenset[str]:
        return frozenset(self.schema["properties"] if self.schema else ())


@cache
def documents() -> dict[str, dict[str, Any]]:
    """As the code tells them; that the committed ones are the same is another test."""
    return {
        path.stem: json.loads(text)
        for path, text in build.built()
        if path.suffix == ".json"
    }


def all_operations() -> list[Operation]:
    return list(_listed())


def _listed() -> Iterator[Operation]:
    for service in SERVICES:
        document = documents()[service]
        for path, method, told in operations(document):
            yield Operation(service, method.upper(), path, told)


def _resolved(schema: Mapping[str, Any], service: str) -> Mapping[str, Any]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        schemas: Mapping[str, Any] = documents()[service]["components"]["schemas"]
        return _resolved(schemas[name], service)
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    return _resolved(kinds[0], service) if kinds else schema
