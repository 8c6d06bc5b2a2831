"""Amounts, currencies and points of sale that are none."""

from .case import CANARY, Case, faulty, good, ordered, taken, without


def amount(id: str, written: object) -> Case:
    return ordered(f"amount: {id}", "/amount", amount=written)


def literal(id: str, written: str) -> Case:
    """An amount that Python's own writer would not write so."""
    body = good().replace(b"25000", written.encode())
    return faulty(f"amount: {id}", body, "/amount")


def currency(id: str, written: object) -> Case:
    return ordered(f"currency: {id}", "/currency", currency=written)


def pos(id: str, written: object) -> Case:
    return ordered(f"point of sale: {id}", "/pos_id", pos_id=written)


AMOUNTS = [
    amount("minus one", -1),
    amount("zero", 0),
    amount("nine", 9),
    amount("100,000,000", 100_000_000),
    amount("2^31", 2**31),
    amount("2^53 and one", 2**53 + 1),
    amount("2^63 less one", 2**63 - 1),
    amount("2^63", 2**63),
    amount("2^64", 2**64),
    amount("minus 2^63", -(2**63)),
    amount("4,000 digits", 10**3_999),
    amount("a half", 10.5),
    amount("a little more than a thousand", 1000.0000001),
    amount("text", "10"),
    amount("text with a sign", "+10"),
    amount("text with a comma", "10,00"),
    amount("text with a unit", "10 EUR"),
    amount("empty text", ""),
    amount("full-width digits", "\uff11\uff10\uff10"),
    amount("the canary", CANARY),
    amount("true", True),
    amount("false", False),
    amount("null", None),
    amount("an array", [10]),
    amount("an object", {"value": 10}),
    literal("minus zero", "-0"),
    literal("1e400", "1e400"),
    literal("minus 1e400", "-1e400"),
    literal("1e-400", "1e-400"),
    literal("1e308", "1e308"),
    literal("a thousand as 1e3", "1e3"),
    literal("a thousand as 1000.0", "1000.0"),
    faulty("amount: none", without("amount"), "/amount"),
    ordered("amount: in capitals", "/?", AMOUNT=10),
]

CURRENCIES = [
    currency("not the merchant's", "CHF"),
    currency("in small letters", "eur"),
    currency("two letters", "EU"),
    currency("four letters", "EURO"),
    currency("digits", "978"),
    currency("a sign", "\u20ac"),
    currency("full-width letters", "\uff25\uff35\uff32"),
    currency("Greek capitals", "\u0395\u03a5\u03a1"),
    currency("a space behind", "EUR "),
    currency("a line break behind", "EUR\n"),
    currency("a zero byte behind", "EUR\x00"),
    currency("the canary", CANARY),
    currency("nothing", ""),
    currency("null", None),
    currency("a number", 978),
    faulty("currency: none", without("currency"), "/currency"),
]

POINTS_OF_SALE = [
    pos("unknown", "POS-99"),
    pos("the canary", CANARY),
    pos("in small letters", "pos-01"),
    pos("a space behind", "POS-01 "),
    pos("a line break behind", "POS-01\n"),
    pos("a zero byte behind", "POS-01\x00"),
    pos("33 letters", "P" * 33),
    pos("1,000 letters", "P" * 1000),
    pos("nothing", ""),
    pos("null", None),
    pos("a number", 1),
    pos("true", True),
    pos("an array", ["POS-01"]),
    pos("SQL", "POS-01' OR '1'='1"),
    pos("SQL with a comment", "'; DROP TABLE payment;--"),
    pos("a wildcard", "POS-0%"),
    pos("up the tree", "../../POS-01"),
    pos("a template", "{{7*7}}"),
    pos("a look-up", "${jndi:ldap://x/a}"),
    pos("a script", "<script>1</script>"),
    pos("lines for a log", 'x\n{"level":"error"}'),
    pos("colours for a terminal", "\x1b[31mPOS-01"),
    pos("a line separator", "POS-01\u2028"),
    pos("written from right to left", "\u202e10-SOP"),
    pos("an accent of its own", "POS-01\u0301"),
    faulty("point of sale: none", without("pos_id"), "/pos_id"),
]

TOGETHER = [
    ordered(
        "three faults at once",
        "/amount",
        "/currency",
        "/?",
        amount=CANARY,
        currency="euro",
        surprise=CANARY,
    ),
    ordered("a fault beside a card number", "/amount", amount="x"),
]

TAKEN = [
    taken("amount: ten", amount=10),
    taken("amount: more than the bank approves", amount=99_999_999),
]

CASES = [*AMOUNTS, *CURRENCIES, *POINTS_OF_SALE, *TOGETHER, *TAKEN]
