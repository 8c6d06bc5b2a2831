"""What OTLP JSON wraps its ids and values in, unwrapped."""

import base64
from collections.abc import Iterator, Mapping
from typing import Any

Json = Mapping[str, Any]


def hexed(id_: str, length: int) -> str:
    """Tempo writes ids in base64; OTLP JSON proper writes them in hex."""
    if not id_ or len(id_) == length:
        return id_.lower()
    return base64.b64decode(id_).hex()


def facts(holder: Json) -> dict[str, Any]:
    return {pair["key"]: plain(pair["value"]) for pair in holder.get("attributes", [])}


def plain(value: Json) -> Any:
    """The Python value inside OTLP's typed wrapping."""
    for kind, inner in value.items():
        if kind == "intValue":
            return int(inner)
        if kind == "arrayValue":
            return list(_items(inner))
        if kind == "kvlistValue":
            return {pair["key"]: plain(pair["value"]) for pair in inner["values"]}
        return inner
    return None


def _items(array: Json) -> Iterator[Any]:
    return (plain(item) for item in array.get("values", []))
