"""Amounts, windows of time, variables of boards, what a search asks: all without a server."""

import pytest

from apps.console.clients.shelf import Shelf
from apps.console.domain.asking import filled
from apps.console.domain.finds import Find, Wish, finds_of, in_order
from apps.console.domain.orders import CARDS, PRESETS, Order, cents
from apps.console.domain.series import Dot, Series, dots_of, label_values, spread
from apps.console.domain.variables import Variable
from apps.console.domain.windows import Window
from tests.console.fakes import BOARDS, RUNBOOKS

QUARTER = Window(0, 900)
SERVICE = Variable("service", "Service", "query", "", (), True, True, ".*", ("$__all",))
TYPED = Variable("trace", "TraceID", "textbox", "")


@pytest.mark.parametrize(
    ("text", "amount"),
    [("12.34", 1234), ("12,34", 1234), ("7", 700), (" 0.10 ", 10), ("1e2", 10_000)],
)
def test_an_amount_is_minor_units(text, amount):
    assert cents(text) == amount


@pytest.mark.parametrize("text", ["", "x", "12.345", "-1", "0", "NaN", "1e9", "inf"])
def test_what_is_no_amount_is_none(text):
    assert cents(text) is None


def test_no_card_shows_its_number():
    for card in CARDS.values():
        assert card.pan.digits not in f"{card.shown} {card!r} {card}"
        assert card.shown.endswith(card.pan.last4)


def test_the_presets_reach_each_rule_that_can_be_reached_from_outside():
    assert {each.rule for each in PRESETS} >= {f"R{n}" for n in range(1, 10)}
    assert len({each.name for each in PRESETS}) == len(PRESETS)
    assert {each.card for each in PRESETS} <= {*CARDS}


def test_an_order_says_its_capture_only_if_somebody_chose():
    assert "capture" not in Order("POS-01", CARDS["good"], 100).body()
    said = Order("POS-01", CARDS["good"], 100, capture="manual").body()
    assert said["capture"] == "manual"


def test_a_window_is_as_fine_as_one_can_see():
    assert Window(0, 900).step == 10
    assert Window(0, 3600).step == 30
    assert Window(0, 86_400).step == 900
    assert Window.of("now-6h", 30_000).start == 30_000 - 6 * 3600


def test_a_rate_looks_back_four_scrapes_at_least():
    assert QUARTER.rate_s == 40
    assert Window(0, 86_400).rate_s == 910


def test_all_of_a_variable_is_what_the_board_says_it_is():
    expr = 'rate(x{service_name=~"$service"}[$__rate_interval])'

    assert filled(expr, QUARTER, [SERVICE], {}) == 'rate(x{service_name=~".*"}[40s])'


def test_several_choices_are_one_pattern():
    chosen = {"service": ["bank", "a.b"]}

    found = filled("${service:regex} [[service]] $other", QUARTER, [SERVICE], chosen)

    assert found == "(bank|a\\\\.b) (bank|a\\\\.b) $other"


def test_what_is_typed_stays_inside_its_quotes():
    told = filled('{a=~"$trace"}', QUARTER, [TYPED], {"trace": ['x" or "y']})

    assert told == '{a=~"x\\" or \\"y"}'


def test_a_legend_is_filled_from_the_labels():
    series = Series({"a": "1", "b": "2", "__name__": "x"}, ((0, 1.0),))

    assert series.named("{{a}} {{ b }} {{c}}") == "1 2"
    assert series.named("") == "a=1, b=2"


def test_dots_without_a_trace_lead_nowhere_and_are_left_out():
    mark = {"timestamp": 1.5, "value": "0.2", "labels": {"trace_id": "t"}}
    other = {"timestamp": 1.5, "value": "0.2", "labels": {}}
    answer = {"data": [{"seriesLabels": {"a": "b"}, "exemplars": [mark, other]}]}

    assert dots_of(answer) == [Dot(1.5, 0.2, "t", {"a": "b"})]


def test_of_many_dots_the_slowest_of_each_moment_stay():
    dots = [Dot(at, value, "t", {}) for at in (1, 2, 11) for value in (0.1, 0.9)]

    kept = spread(dots, most=2, step=10)

    assert {(dot.at, dot.value) for dot in kept} == {(1, 0.9), (11, 0.9)}


def test_a_question_for_labels_is_read_as_grafana_writes_it():
    assert label_values('label_values(a{b="c"}, d)') == ('a{b="c"}', "d")
    assert label_values("label_values(d)") == ("", "d")
    assert label_values("nonsense") == ("", "")


def test_a_wish_is_put_into_traceql():
    wish = Wish("declined", 'M-01" || true', "15m", 250)

    assert 'span.payment.verdict = "declined"' in wish.query
    assert 'span.merchant.id = "M-01true"' in wish.query
    assert "trace:duration > 250ms" in wish.query
    assert wish.query.endswith("with (most_recent=true)")
    assert "most_recent" not in Wish("slow").query


def test_the_slowest_come_first_where_they_are_wished_for():
    quick = Find("a", "s", "n", 2, 1.0, {})
    slow = Find("b", "s", "n", 1, 9.0, {})

    assert in_order([quick, slow], Wish("slow")) == [slow, quick]
    assert in_order([slow, quick], Wish()) == [quick, slow]


def test_a_find_has_what_was_selected_and_a_whole_id():
    said = {
        "traceID": "abc",
        "startTimeUnixNano": "5",
        "spanSets": [{"spans": [{"attributes": [
            {"key": "payment.id", "value": {"stringValue": "p"}}]}]}],
    }  # fmt: skip

    (find,) = finds_of({"traces": [said]})

    assert (find.trace, find.facts) == ("abc".rjust(32, "0"), {"payment.id": "p"})


def test_every_board_of_grafana_is_on_the_shelf():
    boards = Shelf(BOARDS, RUNBOOKS).boards()

    assert len(boards) == len([*BOARDS.glob("*.json")])
    assert all(board.panels and board.title and board.uid for board in boards)
    assert (
        Shelf(BOARDS, RUNBOOKS).board("payscope-payments").title == "Payments overview"
    )
