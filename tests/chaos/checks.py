"""What has to hold of every answer, whatever is broken."""

from benchmarks.books import Book, Ordered
from loadtests.judging import DELEGATION, FLOOR
from tests.chaos.drill import Drill


def is_stood_in(ordered: Ordered) -> bool:
    """Accepted in the bank's stead."""
    return ordered.is_paid and ordered.by == "delegation" and _is_accepted(ordered)


def is_too_much(ordered: Ordered) -> bool:
    """The bank is silent, and nobody may stand in for it."""
    return ordered.payment.get("network_code") == "91"


def answered_rightly(book: Book) -> None:
    """Each order has the answer that the rules give, and no first answer was 5xx."""
    assert len(book) > 0
    assert book.not_sent == 0
    assert book.wrong == []
    assert book.errors == [], book.firsts


def stood_in_rightly(book: Book) -> None:
    """Below the limit of delegation accepted, from there on refused with 91."""
    for each in book:
        if each.mode != "FALLBACK":
            continue
        assert each.amount > FLOOR
        accepted = each.amount < DELEGATION
        assert _is_accepted(each) is accepted, (each.amount, each.payment["status"])
        assert is_too_much(each) is not accepted


def none_waits_too_long(drill: Drill) -> None:
    """As the gateway's own spans tell, wherever the client was kept waiting besides."""
    assert drill.late() == []


def all_are_final(drill: Drill, book: Book) -> None:
    """Whoever was told 'pending' is owed an answer, and has it by now."""
    left = [each for each in book if each.status == 202]
    assert {drill.status_of(each) for each in left} <= {
        "authorised",
        "captured",
        "settled",
        "declined",
        "voided",
    }


def _is_accepted(ordered: Ordered) -> bool:
    return ordered.payment.get("response_code") == "ACCEPTED"
