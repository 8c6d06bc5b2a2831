"""The parts of which protobuf messages are made: tag, size, content."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from struct import Struct
from typing import Any

REPEATED = 32
"""Texts no longer than this come again and again, and are kept as they were written:
names, methods, hosts. An id has 36 characters and comes once."""

KEPT = 4096
"""So many of them."""

_SHORT = [[bytes((tag, size)) for size in range(0x80)] for tag in range(0x80)]
"""How a part begins that is no longer than its size fits into one byte."""

_DOUBLE = Struct("<d").pack
_WORD = 2**64 - 1


def attributes(tag: int, told: Mapping[str, Any] | None) -> bytes:
    if not told:
        return b""
    parts = []
    for key, each in told.items():
        kind = type(each)
        if kind is int or kind is bool or (kind is str and len(each) <= REPEATED):
            parts.append(_kept(tag, key, each))
        else:
            parts.append(part(tag, pair(key, each)))
    return b"".join(parts)


def pair(key: str, of: Any) -> bytes:
    return text(0x0A, key) + part(0x12, value(of))


@lru_cache(maxsize=KEPT, typed=True)
def _kept(tag: int, key: str, of: Any) -> bytes:
    return part(tag, pair(key, of))


def value(of: Any) -> bytes:
    """An AnyValue; what is empty is told too, for it is one of several kinds."""
    if of is None:
        return b""
    for kind, encode in _KINDS.items():
        if isinstance(of, kind):
            return encode(of)
    return value(str(of))


def _integer(of: int) -> bytes:
    return b"\x18" + varint(of & _WORD)


def _mapping(of: Mapping[Any, Any]) -> bytes:
    pairs = (part(0x0A, pair(str(key), each)) for key, each in of.items())
    return part(0x32, b"".join(pairs))


def _sequence(of: Sequence[Any]) -> bytes:
    return part(0x2A, b"".join(part(0x0A, value(each)) for each in of))


_KINDS: Mapping[type, Callable[[Any], bytes]] = {
    str: lambda of: part(0x0A, of.encode("utf-8", "replace")),
    bool: lambda of: b"\x10\x01" if of else b"\x10\x00",
    int: _integer,
    float: lambda of: b"\x21" + _DOUBLE(of),
    bytes: lambda of: part(0x3A, of),
    Mapping: _mapping,
    Sequence: _sequence,
}
"""In this order: what is true is a number too, and a text is a sequence."""


def text(tag: int, of: str | None) -> bytes:
    return part(tag, of.encode("utf-8", "replace")) if of else b""


def number(tag: int, of: int) -> bytes:
    return bytes((tag,)) + varint(of) if of else b""


def part(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < 0x80:
        return _SHORT[tag][size] + content
    return bytes((tag,)) + varint(size) + content


def varint(of: int) -> bytes:
    told = bytearray()
    while of > 0x7F:
        told.append(of & 0x7F | 0x80)
        of >>= 7
    told.append(of)
    return bytes(told)
