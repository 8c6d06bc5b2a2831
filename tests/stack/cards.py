"""Card numbers that nobody has: fresh ones, so that a test's count is its own."""

import secrets

MASTERCARD = "520446"
UNBRANDED = "990446"


def fresh_card(prefix: str = MASTERCARD) -> str:
    """Sixteen digits with a right check digit."""
    body = prefix + "".join(
        secrets.choice("0123456789") for _ in range(15 - len(prefix))
    )
    return body + check_digit(body)


def faulty_card(prefix: str = MASTERCARD) -> str:
    """Sixteen digits with a wrong check digit."""
    number = fresh_card(prefix)
    return number[:-1] + str((int(number[-1]) + 1) % 10)


def check_digit(body: str) -> str:
    """ISO/IEC 7812-1, annex B."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in body[::-2])
    return str(-(sum(doubled) + sum(map(int, body[-2::-2]))) % 10)


def grouped(number: str, by: str) -> str:
    return by.join(number[at : at + 4] for at in range(0, len(number), 4))


def card(number: str) -> dict[str, str]:
    return {"number": number, "expiry": "12/30"}
