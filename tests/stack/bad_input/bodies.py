"""Bodies that are no JSON, are too much of it, or are not the JSON that is asked for."""

import gzip
import json
import zlib

from native.gateway import order

from .case import CANARY, JSON, PLANTED, Case, faulty, good, without

GOOD = good()
TEXT = GOOD.decode()
BOM = b"\xef\xbb\xbf"


def malformed(id: str, body: bytes | str) -> Case:
    raw = body if isinstance(body, bytes) else body.encode()
    return Case(id, 400, "malformed-json", body=raw)


def typed(id: str, kind: str | None, body: bytes = GOOD, **headers: str) -> Case:
    """A body whose type is not JSON, or is written in a way that we do not read."""
    sent = {"Content-Type": kind, **headers}
    return Case(id, 415, "unsupported-media-type", headers=sent, body=body)


def too_large(id: str, body: bytes, **more: bool) -> Case:
    return Case(id, 413, "payload-too-large", body=body, **more)


def nested(depth: int, left: str, right: str) -> bytes:
    return (left * depth + "1" + right * depth).encode()


TRUNCATED = [
    malformed(f"truncated after {at} bytes", GOOD[:at])
    for at in (1, 2, 9, 20, len(GOOD) // 2, len(GOOD) - 2, len(GOOD) - 1)
]

NO_JSON = [
    malformed("text", CANARY),
    malformed("one brace", "{"),
    malformed("a closing brace", "}"),
    malformed("single quotes", "{'pos_id': 'POS-01'}"),
    malformed("bare names", "{pos_id: 1}"),
    malformed("a comma at the end", TEXT[:-1] + ",}"),
    malformed("a comment", "/* order */" + TEXT),
    malformed("two objects", TEXT + TEXT),
    malformed("an object and a word", TEXT + CANARY),
    malformed("a colon too many", TEXT.replace(": ", ":: ", 1)),
    malformed("a tab inside a string", '{"pos_id": "POS\t01"}'),
    malformed("a line break inside a string", '{"pos_id": "POS\n01"}'),
    malformed("a zero byte inside a string", b'{"pos_id": "POS\x0001"}'),
    malformed("a zero byte", b"\x00"),
    malformed("an unknown escape", r'{"pos_id": "\x41"}'),
    malformed("half an escape", r'{"pos_id": "\u00"}'),
    malformed("a leading zero", TEXT.replace("25000", "025000")),
    malformed("a plus sign", TEXT.replace("25000", "+25000")),
    malformed("hexadecimal", TEXT.replace("25000", "0x61A8")),
    malformed("a lonely point", TEXT.replace("25000", "25000.")),
    malformed("Python's True", TEXT.replace("25000", "True")),
    malformed("undefined", TEXT.replace("25000", "undefined")),
    malformed("XML for JSON", f"<order>{PLANTED}</order>"),
    malformed("a form for JSON", f"number={PLANTED}&amount=25000"),
    malformed("bytes that are no text", b'{"pos_id": "\xff\xfe"}'),
    malformed("an overlong slash", b'{"pos_id": "\xc0\xaf"}'),
    malformed("a surrogate as bytes", b'{"pos_id": "\xed\xa0\x80"}'),
    malformed("Latin-1", '{"pos_id": "caf\xe9"}'.encode("latin-1")),
    malformed("gzip without saying so", gzip.compress(GOOD)),
    malformed("depth 10,000 of objects", nested(10_000, '{"a":', "}")),
    malformed("depth 10,000 of arrays", nested(10_000, "[", "]")),
    malformed("depth 10,000, never closed", b"[" * 10_000),
    malformed("depth 30,000 inside a field", nested(30_000, "[", "]")),
    malformed("NaN", TEXT.replace("25000", "NaN")),
    malformed("Infinity", TEXT.replace("25000", "Infinity")),
    malformed("minus Infinity", TEXT.replace("25000", "-Infinity")),
    malformed("NaN in an unknown field", '{"surprise": NaN}'),
    malformed("a duplicate amount", TEXT[:-1] + ', "amount": 26000}'),
    malformed("a duplicate amount that is the same", TEXT[:-1] + ', "amount": 25000}'),
    malformed("a duplicate card", TEXT[:-1] + ', "card": {"number": "1"}}'),
    malformed(
        "a duplicate inside the card",
        TEXT.replace('"expiry"', f'"number": "{PLANTED}", "expiry"'),
    ),
    malformed("a duplicate by escape", TEXT[:-1] + r', "am\u006funt": 26000}'),
    malformed("a duplicate of an unknown field", '{"a": 1, "a": 2}'),
    malformed("a duplicate in an array", '[{"a": 1, "a": 2}]'),
    malformed("an integer of 5,000 digits", TEXT.replace("25000", "9" * 5_000)),
    malformed("a byte order mark", BOM + GOOD),
    malformed("UTF-16", TEXT.encode("utf-16")),
    malformed("UTF-16 without its mark", TEXT.encode("utf-16-le")),
    malformed("UTF-32", TEXT.encode("utf-32")),
    malformed("only a byte order mark", BOM),
    malformed("only white space", b" \n\t"),
]

WRONG_JSON = [
    faulty("nothing at all", b"", ""),
    faulty("null", b"null", ""),
    faulty("an array for the order", json.dumps([order()]).encode(), ""),
    faulty("an empty array", b"[]", ""),
    faulty("a string for the order", json.dumps(CANARY).encode(), ""),
    faulty("an order inside a string", json.dumps(TEXT).encode(), ""),
    faulty("a number for the order", PLANTED.encode(), ""),
    faulty("true for the order", b"true", ""),
    faulty("an empty object", b"{}", "/pos_id", "/card", "/amount", "/currency"),
    faulty("an array for the card", without(card=[PLANTED, "12/30"]), "/card"),
    faulty("a string for the card", without(card=PLANTED), "/card"),
    faulty("a number for the card", without(card=int(PLANTED)), "/card"),
    faulty("null for the card", without(card=None), "/card"),
    faulty("an empty card", without(card={}), "/card/number", "/card/expiry"),
    faulty("an array for the amount", without(amount=[25_000]), "/amount"),
    faulty("an object for the amount", without(amount={"cents": 1}), "/amount"),
    faulty("an array for the currency", without(currency=["EUR"]), "/currency"),
    faulty("an object for the point of sale", without(pos_id={}), "/pos_id"),
    faulty("orders under a name", json.dumps({"order": order()}).encode()),
    faulty("a name that is empty", without(**{"": 1}), "/?"),
    faulty("JavaScript's prototype", without(__proto__={"a": 1}), "/?"),
    faulty("a name of 10,000 letters", without(**{"n" * 10_000: 1}), "/?"),
    faulty("the canary as a name", without(**{CANARY: 1}), "/?"),
    faulty("a card number as a name", without(**{PLANTED: 1}), "/?"),
    faulty("a thousand unknown fields", without(**{f"f{n}": n for n in range(1000)})),
    faulty("an unknown field 60 deep", without(deep=json.loads(nested(60, "[", "]")))),
    faulty(
        "half a surrogate for a point of sale",
        TEXT.replace("POS-01", r"\ud800").encode(),
    ),
    faulty(
        "the other half of a surrogate",
        TEXT.replace("POS-01", r"POS\udfff").encode(),
    ),
    faulty(
        "surrogates the wrong way round",
        TEXT.replace("EUR", r"\udc00\ud800").encode(),
    ),
    faulty("half a surrogate as a name", b'{"\\ud800": 1}'),
]

TOO_LARGE = [
    too_large("a string of 10 MB", without(surprise="x" * 10_000_000)),
    too_large("white space of 10 MB", b" " * 10_000_000),
    too_large(
        "a string of 10 MB in pieces", without(s="x" * 10_000_000), is_chunked=True
    ),
    too_large("one byte too many", b" " * 65_537),
    too_large("one byte too many in pieces", b" " * 65_537, is_chunked=True),
    too_large("a card number after 70,000 spaces", b" " * 70_000 + GOOD),
    Case(
        "a length that is a lie",
        413,
        "payload-too-large",
        headers={"Content-Length": "99999999999"},
        body=GOOD,
    ),
]

TYPES = [
    typed("XML", "application/xml", b"<order/>"),
    typed(
        "XML with a foreign entity",
        "text/xml",
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    ),
    typed("no type", None),
    typed("plain text", "text/plain"),
    typed("HTML", "text/html", b"<b>1</b>"),
    typed("a form", "application/x-www-form-urlencoded", b"amount=25000"),
    typed("a form in parts", "multipart/form-data; boundary=x", b"--x--"),
    typed("octets", "application/octet-stream"),
    typed("YAML", "application/yaml", b"amount: 25000"),
    typed("JavaScript", "application/javascript"),
    typed("JSON's name as a suffix of a word", "application/notjson"),
    typed("JSON text", "text/json"),
    typed("lines of JSON", "application/jsonl"),
    typed("a type that is none", CANARY),
    typed("an empty type", ""),
    typed("a card number for a type", f"application/{PLANTED}"),
    typed("gzip", JSON, gzip.compress(GOOD), **{"Content-Encoding": "gzip"}),
    typed(
        "a gzip bomb of 50 MB",
        JSON,
        gzip.compress(b" " * 50_000_000),
        **{"Content-Encoding": "gzip"},
    ),
    typed("deflate", JSON, zlib.compress(GOOD), **{"Content-Encoding": "deflate"}),
    typed("brotli by name only", JSON, **{"Content-Encoding": "br"}),
    typed("a coding of nobody", JSON, **{"Content-Encoding": CANARY}),
    typed("JSON in Latin-1", f"{JSON}; charset=iso-8859-1"),
    typed("JSON in UTF-16", f"{JSON}; charset=utf-16", TEXT.encode("utf-16")),
    typed("JSON in a charset of nobody", f"{JSON}; charset={CANARY}"),
]

TAKEN = [
    Case(
        "a charset that is right",
        201,
        headers={"Content-Type": f"{JSON}; charset=utf-8"},
        body=GOOD,
    ),
    Case(
        "a charset in capitals and quotes",
        201,
        headers={"Content-Type": f'{JSON};charset="UTF-8"'},
        body=GOOD,
    ),
    Case(
        "a type in capitals",
        201,
        headers={"Content-Type": "Application/JSON"},
        body=GOOD,
    ),
    Case(
        "a coding that changes nothing",
        201,
        headers={"Content-Encoding": "identity"},
        body=GOOD,
    ),
    Case("white space around it", 201, body=b" \r\n\t" + GOOD + b"\n"),
    Case("an order in pieces", 201, body=GOOD, is_chunked=True),
    Case("letters as escapes", 201, body=TEXT.replace("EUR", r"\u0045UR").encode()),
    Case("as large as it may be", 201, body=GOOD.ljust(65_536)),
]

CASES = [*TRUNCATED, *NO_JSON, *WRONG_JSON, *TOO_LARGE, *TYPES, *TAKEN]
