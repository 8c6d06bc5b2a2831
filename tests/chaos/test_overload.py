"""Ten times what the stack can do is asked of it: it does what it can, and says no fast."""

from benchmarks.tills import usual
from native.backends import until
from tests.chaos.checks import all_are_final
from tests.chaos.drill import grown

TILLS, CAPACITY_S = 8, 12.0
TIMES, OVERLOAD_S = 10, 15.0
LEAST_GOODPUT = 0.5
"""Of what it can do when nobody asks for more. Eighty of a hundred are promised and
published; a test allows for a machine that is busy."""

REFUSED = "shedding_refused_total"


def test_c20_ten_times_as_much_as_it_can(begin):
    drill = begin("C20", f"{TIMES} times as many orders as it can answer")
    row, before = drill.row, drill.counters(REFUSED)
    could = drill.tills(patient=False).order_by(TILLS, CAPACITY_S)
    capacity = len(could.that(lambda each: each.is_paid)) / CAPACITY_S
    drill.rests()

    with row.injected():
        book = drill.tills(patient=False).order_for(OVERLOAD_S, TIMES * capacity, usual)
    row.recovered(drill.keeps_up_since(capacity / 2))

    paid = book.that(lambda each: each.is_paid)
    away = book.that(lambda each: each.first in {429, 503})
    others = len(book) - len(paid) - len(away)
    goodput = len(paid) / OVERLOAD_S / capacity
    row.counts = {
        "capacity": f"{capacity:.1f}/s",
        "orders": len(book) + book.not_sent,
        "paid": len(paid),
        "goodput": f"{goodput:.0%}",
        "p99 of the paid": f"{paid.at(0.99):.2f} s",
        "turned away": len(away),
        "p50 of it": f"{1000 * away.at(0.5):.0f} ms",
        "p99 of it": f"{1000 * away.at(0.99):.0f} ms",
        "other answers": others,
    }
    (began, *_) = until(lambda: drill.lines("shedding.began"))
    row.detected(began.time / 1e9)
    drill.exported()
    assert grown(before, drill.counters(REFUSED)) > 0
    assert book.wrong == []
    assert goodput >= LEAST_GOODPUT
    until(drill.is_well, within=30)
    all_are_final(drill, book)
    drill.books_hold()
