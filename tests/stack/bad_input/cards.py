"""Card numbers that are none, and card numbers where none belongs."""

import json

from native.gateway import PAYMENTS, order

from .case import CANARY, CVV, FAULTY, PLANTED, Case, faulty, ordered, taken, without

EXPIRY = "12/30"

FULL_WIDTH = PLANTED.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
ARABIC = PLANTED.translate({ord("0") + n: chr(0x0660 + n) for n in range(10)})
DEVANAGARI = PLANTED.translate({ord("0") + n: chr(0x0966 + n) for n in range(10)})
MATHEMATICAL = PLANTED.translate({ord("0") + n: chr(0x1D7CE + n) for n in range(10)})
CIRCLED = PLANTED.translate({ord("0") + n: chr(0x2460 + n) for n in range(10)})
"""Digits to people and to `str.isdigit`, but no ASCII digits: one card, one form."""

LUHN_12 = "520446773191"
LUHN_20 = "52044677319024600007"


def number(id: str, written: object) -> Case:
    """Digits that are no card number are no payment (decision 0006)."""
    return ordered(
        f"card: {id}", "/card/number", card={"number": written, "expiry": EXPIRY}
    )


def expiry(id: str, written: object) -> Case:
    card = {"number": PLANTED, "expiry": written}
    return ordered(f"expiry: {id}", "/card/expiry", card=card)


def code(id: str, written: object) -> Case:
    card = {"number": PLANTED, "expiry": EXPIRY, "cvv": written}
    return ordered(f"CVV: {id}", "/card/cvv", card=card)


def spelled(id: str, written: str) -> Case:
    return taken(f"card: {id}", card={"number": written, "expiry": EXPIRY})


NUMBERS = [
    number("a wrong check digit", FAULTY),
    number("two digits swapped", "5204467731902406"),
    number("full-width digits", FULL_WIDTH),
    number("one full-width digit", "\uff15" + PLANTED[1:]),
    number("Arabic digits", ARABIC),
    number("Devanagari digits", DEVANAGARI),
    number("mathematical digits", MATHEMATICAL),
    number("circled digits", CIRCLED),
    number("one superscript digit", "\u2075" + PLANTED[1:]),
    number("a zero-width joiner", PLANTED[:4] + "\u200d" + PLANTED[4:]),
    number("a zero-width space", PLANTED[:8] + "\u200b" + PLANTED[8:]),
    number("a byte order mark within", PLANTED[:8] + "\ufeff" + PLANTED[8:]),
    number("a word joiner at the end", PLANTED + "\u2060"),
    number("written from right to left", "\u202e" + PLANTED[::-1]),
    number("spaces that do not break", "\u00a0".join((PLANTED[:8], PLANTED[8:]))),
    number("dashes of print", "\u2013".join((PLANTED[:8], PLANTED[8:]))),
    number("a tab within", f"{PLANTED[:8]}\t{PLANTED[8:]}"),
    number("a line break at the end", f"{PLANTED}\n"),
    number("a zero byte at the end", f"{PLANTED}\x00"),
    number("points between", f"{PLANTED[:4]}.{PLANTED[4:]}"),
    number("slashes between", f"{PLANTED[:4]}/{PLANTED[4:]}"),
    number("a minus before", f"\u2212{PLANTED}"),
    number("a plus before", f"+{PLANTED}"),
    number("an exponent", "5204467731902460e0"),
    number("a fraction", "5204467731902460.0"),
    number("in hexadecimal", hex(int(PLANTED))),
    number("12 digits", LUHN_12),
    number("20 digits", LUHN_20),
    number("32 digits", PLANTED * 2),
    number("33 signs", "5" * 33),
    number("1,000 digits", "5" * 1000),
    number("no digit", ""),
    number("a space", " "),
    number("dashes alone", "----"),
    number("letters", CANARY),
    number("a letter for a digit", PLANTED.replace("0", "O")),
    number("stars", "520446******2460"),
    number("a number of JSON", int(PLANTED)),
    number("a fraction of JSON", 5204467731902460.5),
    number("null", None),
    number("true", True),
    number("an array", [PLANTED]),
    number("an object", {"digits": PLANTED}),
    number("SQL", "5204467731902460'; DROP TABLE payment; --"[:32]),
    number("a template", "${jndi:ldap://x/5204467731902460"[:32]),
]

EXPIRIES = [
    expiry("month 00", "00/30"),
    expiry("month 13", "13/30"),
    expiry("one digit of month", "1/30"),
    expiry("four digits of year", "12/2030"),
    expiry("year first", "30/12/"),
    expiry("a dash", "12-30"),
    expiry("no slash", "1230"),
    expiry("a space", "12/ 30"),
    expiry("a line break at the end", "12/30\n"),
    expiry("full-width digits", "12/\uff13\uff10"),
    expiry("Arabic digits", "12/\u0663\u0660"),
    expiry("the canary", CANARY),
    expiry("a card number", PLANTED),
    expiry("nothing", ""),
    expiry("a number", 1230),
    expiry("null", None),
    expiry("an object", {"month": 12, "year": 30}),
]

CODES = [
    code("two digits", "77"),
    code("five digits", "77135"),
    code("letters", "abc"),
    code("a space", "77 1"),
    code("a line break behind", "771\n"),
    code("full-width digits", "\uff17\uff17\uff11"),
    code("Arabic digits", "\u0667\u0667\u0661"),
    code("a number", 771),
    code("a card number", PLANTED),
    code("nothing", ""),
    code("an array", ["771"]),
]

MISPLACED = [
    ordered("card number for a point of sale", "/pos_id", pos_id=PLANTED),
    ordered(
        "card number in groups for a point of sale",
        "/pos_id",
        pos_id="5204 4677 3190 2460",
    ),
    ordered("card number for an amount", "/amount", amount=PLANTED),
    ordered("card number as an amount", "/amount", amount=int(PLANTED)),
    ordered("card number for a currency", "/currency", currency=PLANTED),
    ordered("card number in an unknown field", "/?", card_number=PLANTED),
    ordered("card number as an unknown number", "/?", card_number=int(PLANTED)),
    ordered("card number deep in an unknown field", "/?", note={"a": [{"b": PLANTED}]}),
    ordered("card number and no expiry", "/card/expiry", card={"number": PLANTED}),
    ordered(
        "card number as a name inside the card",
        "/card/?",
        card={"number": PLANTED, "expiry": EXPIRY, PLANTED: 1},
    ),
    ordered(
        "CVV inside the card",
        "/card/cvv",
        card={"number": PLANTED, "expiry": EXPIRY, "cvv": CVV},
    ),
    ordered(
        "CVV as a number",
        "/card/?",
        card={"number": PLANTED, "expiry": EXPIRY, "cvc": 4929},
    ),
    ordered("CVV beside the card", "/?", cvv=CVV),
    ordered("CVV in an unknown object", "/?", security={"cvv2": CVV}),
    ordered(
        "track 2",
        "/card/?",
        card={
            "number": PLANTED,
            "expiry": EXPIRY,
            "track2": f";{PLANTED}=3012101{CVV}?",
        },
    ),
    ordered(
        "the holder's name",
        "/card/?",
        card={"number": PLANTED, "expiry": EXPIRY, "holder": CANARY},
    ),
    ordered(
        "card number with an expiry behind it",
        "/card/number",
        card={"number": f"{PLANTED} {EXPIRY}", "expiry": EXPIRY},
    ),
    faulty("no card and a card number", without("card", number=PLANTED), "/card", "/?"),
    Case(
        "card number in the query",
        401,
        "unauthenticated",
        path=f"{PAYMENTS}?card={PLANTED}",
        headers={"Authorization": None},
        body=b"{}",
    ),
    Case(
        "card number in the query of an unknown path",
        404,
        "not-found",
        "GET",
        f"/api/v1/cards/x?number={PLANTED}",
    ),
    Case("card number as a path", 404, "not-found", "GET", f"/{PLANTED}"),
    Case(
        "card number as a path of the interface",
        404,
        "not-found",
        "GET",
        f"/api/v1/{PLANTED}",
    ),
    Case(
        "card number in groups as a path",
        404,
        "not-found",
        "GET",
        "/api/v1/5204-4677-3190-2460",
    ),
    Case(
        "card number with %20 as a path",
        404,
        "not-found",
        "GET",
        "/api/v1/5204%204677%203190%202460",
    ),
    Case(
        "card number for a payment",
        400,
        "validation-failed",
        "GET",
        f"{PAYMENTS}/{PLANTED}",
    ),
    Case("card number as a method", 405, "method-not-allowed", PLANTED),
    Case(
        "card number for a token",
        401,
        "unauthenticated",
        headers={"Authorization": f"Bearer {PLANTED}"},
    ),
    Case(
        "card number for a scheme",
        401,
        "unauthenticated",
        headers={"Authorization": f"{PLANTED} x"},
    ),
    Case(
        "card number for a key, with spaces",
        400,
        "idempotency-key-malformed",
        headers={"Idempotency-Key": "5204 4677 3190 2460"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number for a key",
        201,
        None,
        headers={"Idempotency-Key": PLANTED},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number with dashes for a key",
        201,
        None,
        headers={"Idempotency-Key": "5204-4677-3190-2460"},
        body=json.dumps(order()).encode(),
    ),
]

TAKEN = [
    taken("CVV: as it is", card={"number": PLANTED, "expiry": EXPIRY, "cvv": "771"}),
    taken("CVV: null", card={"number": PLANTED, "expiry": EXPIRY, "cvv": None}),
    spelled("as it is", PLANTED),
    spelled("spaces between", "5204 4677 3190 2460"),
    spelled("dashes between", "5204-4677-3190-2460"),
    spelled("spaces around", f"  {PLANTED} "),
    spelled("odd groups", "52 04467 731-902460"),
    Case(
        "card number in the query of an order",
        201,
        path=f"{PAYMENTS}?card={PLANTED}",
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number for a browser",
        201,
        headers={"User-Agent": f"till/{PLANTED}"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number in a header of nobody",
        201,
        headers={"X-Card": PLANTED, "X-Note": f"pan={PLANTED}"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number in a cookie",
        201,
        headers={"Cookie": f"card={PLANTED}"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number for a referrer",
        201,
        headers={"Referer": f"http://till/{PLANTED}"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number for a host",
        201,
        headers={"Host": f"{PLANTED}.example"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number in baggage",
        201,
        headers={"baggage": f"card={PLANTED}"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number in tracestate",
        201,
        headers={"tracestate": f"card={PLANTED}"},
        body=json.dumps(order()).encode(),
    ),
    Case(
        "card number forwarded",
        201,
        headers={"X-Forwarded-For": PLANTED, "Forwarded": f"for={PLANTED}"},
        body=json.dumps(order()).encode(),
    ),
]

CASES = [*NUMBERS, *EXPIRIES, *CODES, *MISPLACED, *TAKEN]
