"""Headers: too many, too long, of the wrong shape; keys and tokens that are none."""

from dataclasses import replace

from .case import CANARY, PLANTED, Case, Written, good

GOOD = good()
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
SPAN = "00f067aa0ba902b7"


def key(id: str, written: str | bytes | list[str]) -> Case:
    return Case(
        f"key: {id}",
        400,
        "idempotency-key-malformed",
        headers={"Idempotency-Key": written},
        body=GOOD,
    )


def keyed(id: str, written: str) -> Case:
    return Case(f"key: {id}", 201, headers={"Idempotency-Key": written}, body=GOOD)


def stranger(id: str, authorization: Written) -> Case:
    return Case(
        f"token: {id}",
        401,
        "unauthenticated",
        headers={"Authorization": authorization},
        body=GOOD,
    )


def traced(id: str, **headers: str | bytes | list[str]) -> Case:
    """A context that cannot be read is as good as none."""
    return Case(f"trace: {id}", 201, headers=headers, body=GOOD)


def too_many(id: str, count: int, size: int) -> Case:
    headers = {f"X-{n}": "h" * size for n in range(count)}
    return Case(id, 431, "headers-too-large", headers=headers, body=GOOD)


def cut_off(id: str, count: int, size: int) -> Case:
    """So many that the server itself hangs up: 431, and no body."""
    return replace(too_many(id, count, size), code=None)


KEYS = [
    Case(
        "key: none",
        400,
        "idempotency-key-missing",
        headers={"Idempotency-Key": None},
        body=GOOD,
    ),
    key("nothing", ""),
    key("15 signs", "k" * 15),
    key("256 signs", "k" * 256),
    key("8,000 signs", "k" * 8_000),
    key("15 signs in quotes", f'"{"k" * 15}"'),
    key("one quote", '"' + "k" * 16),
    key("quotes within", 'kkkkkkkk"kkkkkkkk'),
    key("a space within", "kkkkkkkk kkkkkkkk"),
    key("a tab within", "kkkkkkkk\tkkkkkkkk"),
    key("a slash", "../../../../etc/passwd"),
    key("a comma", "kkkkkkkkkkkkkkkk,kkkkkkkkkkkkkkkk"),
    key("a semicolon", "kkkkkkkkkkkkkkkk;v=1"),
    key("letters of Latin-1", "kkkkkkkkkkkkkkk\xe9".encode("latin-1")),
    key("letters of UTF-8", "kkkkkkkkkkkkkkk\u043a".encode()),
    key("full-width digits", "\uff11".encode() * 16),
    key("two", ["a" * 20, "b" * 20]),
    key("two that are the same", ["a" * 20, "a" * 20]),
    key("one and an empty one", ["a" * 20, ""]),
    key("SQL", "'; DROP TABLE payment; --"),
    key("the canary with a sign", f"{CANARY}!"),
]

TOKENS = [
    stranger("none", None),
    stranger("nothing", ""),
    stranger("a scheme alone", "Bearer"),
    stranger("a scheme and a space", "Bearer "),
    stranger("the token alone", lambda token: token),
    stranger("wrong", f"Bearer {CANARY}"),
    stranger("right, and more", lambda token: f"Bearer {token}x"),
    stranger("right, but for its case", lambda token: f"Bearer {token.upper()}"),
    stranger("right, in part", lambda token: f"Bearer {token[:-1]}"),
    stranger("two spaces", lambda token: f"Bearer  {token}"),
    stranger("two tokens", lambda token: f"Bearer {token} {token}"),
    stranger("in quotes", lambda token: f'Bearer "{token}"'),
    stranger("another scheme", lambda token: f"Basic {token}"),
    stranger("a scheme of nobody", lambda token: f"Canary {token}"),
    stranger(
        "a wrong one before the right one",
        lambda token: [f"Bearer {CANARY}", f"Bearer {token}"],
    ),
    stranger(
        "the right one before a wrong one",
        lambda token: [f"Bearer {token}", f"Bearer {CANARY}"],
    ),
    stranger("8,000 signs", "Bearer " + "t" * 8_000),
    stranger("bytes that are no text", b"Bearer \xff\xfe"),
    stranger(
        "a JWT without a signature", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJNLTAxIn0."
    ),
    Case(
        "token: in the query",
        401,
        "unauthenticated",
        path="/api/v1/payments?access_token={token}",
        headers={"Authorization": None},
        body=GOOD,
    ),
    Case(
        "token: in a cookie",
        401,
        "unauthenticated",
        headers={"Authorization": None, "Cookie": lambda token: f"token={token}"},
        body=GOOD,
    ),
    Case(
        "token: none, and a body that is none",
        401,
        "unauthenticated",
        headers={"Authorization": None},
        body=b"{",
    ),
    Case(
        "token: none, and no key",
        401,
        "unauthenticated",
        headers={"Authorization": None, "Idempotency-Key": None},
        body=GOOD,
    ),
    Case(
        "token: none, and another type",
        401,
        "unauthenticated",
        headers={"Authorization": None, "Content-Type": "text/xml"},
        body=GOOD,
    ),
]


def patience(id: str, written: str) -> Case:
    return Case(
        f"patience: {id}",
        400,
        "validation-failed",
        headers={"Request-Timeout-Ms": written},
        body=GOOD,
        pointers=frozenset({"/header/Request-Timeout-Ms"}),
    )


PATIENCE = [
    patience("none", "0"),
    patience("less than none", "-1"),
    patience("a half", "0.5"),
    patience("endless", "1e400"),
    patience("not a number", "NaN"),
    patience("nothing", ""),
    patience("the canary", CANARY),
    patience("in seconds", "3s"),
    patience("full-width digits", "\uff13\uff10\uff10\uff10"),
]

SIZES = [
    too_many("8 headers of 8 KB", 8, 8 * 1024),
    too_many("one header of 33 KB", 1, 33 * 1024),
    cut_off("100 headers of 8 KB", 100, 8 * 1024),
    cut_off("one header of 1 MB", 1, 1 << 20),
    cut_off("1,000 headers of one letter", 1_000, 1),
]

TRACES = [
    traced("all zeros", traceparent=f"00-{'0' * 32}-{'0' * 16}-01"),
    traced("a span of zeros", traceparent=f"00-{TRACE}-{'0' * 16}-01"),
    traced("version ff", traceparent=f"ff-{TRACE}-{SPAN}-01"),
    traced("capitals", traceparent=f"00-{TRACE.upper()}-{SPAN.upper()}-01"),
    traced("too short", traceparent=f"00-{TRACE[:-1]}-{SPAN}-01"),
    traced("too long", traceparent=f"00-{TRACE}00-{SPAN}-01"),
    traced("no flags", traceparent=f"00-{TRACE}-{SPAN}"),
    traced("no hexadecimals", traceparent=f"00-{'g' * 32}-{SPAN}-01"),
    traced("more behind it", traceparent=f"00-{TRACE}-{SPAN}-01-{CANARY}"),
    traced("the canary", traceparent=CANARY),
    traced("a card number", traceparent=PLANTED),
    traced("nothing", traceparent=""),
    traced("4,000 signs", traceparent="x" * 4_000),
    traced("bytes that are no text", traceparent=b"\xff\xfe"),
    traced("two", traceparent=[f"00-{TRACE}-{SPAN}-01", f"00-{TRACE[::-1]}-{SPAN}-01"]),
    traced(
        "10 KB of state of a right trace",
        traceparent=f"00-{TRACE}-{SPAN}-01",
        tracestate="k=" + "v" * 10_240,
    ),
    traced(
        "a card number for a state of a right trace",
        traceparent=f"00-{TRACE}-{SPAN}-01",
        tracestate=f"card={PLANTED}",
    ),
    traced("64 members of state", tracestate=",".join(f"k{n}=v" for n in range(64))),
    traced("state that is none", tracestate=f"=,=;{CANARY}"),
    traced("10 KB of baggage", baggage="k=" + "v" * 10_240),
    traced("baggage that is none", baggage=f"=;{CANARY};="),
]

CRLF = [
    Case(
        "a line break in a key",
        400,
        "idempotency-key-malformed",
        headers={
            "Idempotency-Key": f"kkkkkkkkkkkkkkkk\r\nX-{CANARY}: 1\r\nIdempotency-Key: second-key-of-the-same"
        },
        body=GOOD,
    ),
    Case(
        "encoded line breaks in the query",
        201,
        path=f"/api/v1/payments?a=%0d%0aSet-Cookie:%20{CANARY}",
        body=GOOD,
    ),
    Case(
        "encoded line breaks in the path",
        404,
        "not-found",
        path=f"/api/v1/%0d%0aSet-Cookie:%20{CANARY}",
        body=GOOD,
    ),
    Case(
        "an encoded line break for a payment",
        400,
        "validation-failed",
        "GET",
        "/api/v1/payments/%0d%0aX:1",
    ),
]

ODD = [
    Case(
        "hidden methods", 201, headers={"X-HTTP-Method-Override": "DELETE"}, body=GOOD
    ),
    Case(
        "a host of somebody else", 201, headers={"Host": f"{CANARY}.example"}, body=GOOD
    ),
    Case(
        "a host with a port that is none",
        201,
        headers={"Host": "localhost:99999999"},
        body=GOOD,
    ),
    Case(
        "an answer of another type is wanted",
        201,
        headers={"Accept": "text/html"},
        body=GOOD,
    ),
    Case("an answer of no type is wanted", 201, headers={"Accept": CANARY}, body=GOOD),
    Case(
        "an answer in another language is wanted",
        201,
        headers={"Accept-Language": "x" * 4_000},
        body=GOOD,
    ),
    Case(
        "a part of the answer is wanted", 201, headers={"Range": "bytes=0-1"}, body=GOOD
    ),
    Case(
        "a page of somewhere",
        201,
        headers={"Origin": f"https://{CANARY}.example"},
        body=GOOD,
    ),
    Case(
        "an identity that is claimed",
        201,
        headers={"X-Merchant-Id": "M-02", "X-User": CANARY},
        body=GOOD,
    ),
]

TAKEN = [
    keyed("16 signs", "k" * 15 + "1"),
    keyed("255 signs", "k" * 255),
    keyed("in quotes", '"a-key-of-quoted-signs"'),
    keyed("all kinds of signs", "Aa0_.:-Aa0_.:-Aa0_.:-"),
    Case(
        "token: scheme in capitals",
        201,
        headers={"Authorization": lambda token: f"BEARER {token}"},
        body=GOOD,
    ),
]

CASES = [*KEYS, *TOKENS, *PATIENCE, *SIZES, *TRACES, *CRLF, *ODD, *TAKEN]
