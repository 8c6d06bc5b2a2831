"""Paths that lead nowhere, ids that are none, methods that a path does not take."""

from native.gateway import PAYMENTS

from .case import CANARY, Case, good

UNKNOWN = "0193f0f0-0000-7000-8000-000000000000"
ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")

TAKES = {
    PAYMENTS: {"GET", "POST"},
    f"{PAYMENTS}/{UNKNOWN}": {"GET"},
}
"""Which methods a path takes; every other is refused and told these."""


def id_(id: str, written: str) -> Case:
    """What is no UUID is refused before anything is looked up."""
    path = f"{PAYMENTS}/{written}"
    return Case(f"id: {id}", 400, "validation-failed", "GET", path)


def nowhere(id: str, path: str, method: str = "GET") -> Case:
    return Case(f"path: {id}", 404, "not-found", method, path)


def other(method: str, path: str) -> Case:
    place = path.replace(UNKNOWN, "{id}")
    return Case(f"{method} {place}", 405, "method-not-allowed", method, path)


IDS = [
    id_("a word", "abc"),
    id_("the canary", CANARY),
    id_("a number", "1"),
    id_("minus one", "-1"),
    id_("null", "null"),
    id_("a UUID less one digit", UNKNOWN[:-1]),
    id_("a UUID and one digit more", f"{UNKNOWN}0"),
    id_("a UUID with a letter that is none", UNKNOWN.replace("f", "g")),
    id_("two UUIDs", f"{UNKNOWN},{UNKNOWN}"),
    id_("full-width digits", "%EF%BC%91" * 32),
    id_("a wildcard", "*"),
    id_("per cent", "%25"),
    id_("SQL", "1'%20OR%20'1'='1"),
    id_("a zero byte behind", f"{UNKNOWN}%00"),
    id_("a space behind", f"{UNKNOWN}%20"),
    id_("bytes that are no text", "%ff%fe"),
    id_("one point", "%2e%2e"),
    id_("up the tree in one segment", "..%5c..%5cetc%5cpasswd"),
    id_("up the tree, encoded twice", "..%252f..%252fetc"),
    id_("a template", "%7B%7B7*7%7D%7D"),
    id_("3,900 signs", "a" * 3_900),
]

NOWHERE = [
    nowhere("a payment of nobody", f"{PAYMENTS}/{UNKNOWN}"),
    nowhere("a payment of nobody in capitals", f"{PAYMENTS}/{UNKNOWN.upper()}"),
    nowhere("the root", "/"),
    nowhere("an empty segment", "//"),
    nowhere("the interface itself", "/api/v1"),
    nowhere("another version", "/api/v2/payments"),
    nowhere("no version", "/payments"),
    nowhere("in capitals", "/API/V1/PAYMENTS"),
    nowhere("two slashes", "/api/v1//payments"),
    nowhere("a slash too many", f"{PAYMENTS}/", "POST"),
    nowhere("a slash behind an id", f"{PAYMENTS}/{UNKNOWN}/"),
    nowhere("the canary", f"/api/v1/{CANARY}"),
    nowhere("the canary below a payment", f"{PAYMENTS}/{UNKNOWN}/{CANARY}"),
    nowhere("up the tree", f"{PAYMENTS}/../../etc/passwd"),
    nowhere("up the tree, encoded", f"{PAYMENTS}/..%2f..%2fetc%2fpasswd"),
    nowhere("up the tree from the root", "/../../../../etc/passwd"),
    nowhere("up to the probes", "/api/v1/../../livez"),
    nowhere("up to another service", f"{PAYMENTS}/..%2freversals", "POST"),
    nowhere("the bank", "/authorisations", "POST"),
    nowhere("the bank below the interface", "/api/v1/authorisations", "POST"),
    nowhere("fraud's assessments", "/api/v1/assessments", "POST"),
    nowhere("a file", "/.env"),
    nowhere("a repository", "/.git/config"),
    nowhere("an administrator", "/admin"),
    nowhere("metrics", "/metrics"),
    nowhere("3,900 signs", "/" + "a" * 3_900),
    nowhere("a semicolon", f"{PAYMENTS};x=1", "POST"),
    nowhere("bytes that are no text", "/%ff%fe"),
    nowhere("a zero byte", f"{PAYMENTS}%00", "POST"),
]

OTHERS = [
    other(method, path)
    for path, takes in TAKES.items()
    for method in (*ALL, CANARY)
    if method not in takes
]

MORE = [
    Case("more than 4 KiB of path", 414, "uri-too-long", "GET", "/" + "a" * 8_000),
    Case("a wrong method brings a body", 405, "method-not-allowed", "PUT", body=good()),
    Case(
        "a wrong method without a token",
        405,
        "method-not-allowed",
        "DELETE",
        headers={"Authorization": None},
    ),
]

CASES = [*IDS, *NOWHERE, *OTHERS, *MORE]
