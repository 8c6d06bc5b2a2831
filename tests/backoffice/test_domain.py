"""Projections know no order of arrival, and count nothing twice."""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.backoffice.domain.changes import latest
from apps.backoffice.domain.dashboards import dashboard
from apps.backoffice.domain.projections import (
    Extent,
    Filling,
    Offset,
    would_forget,
)
from apps.backoffice.domain.sums import Balance, DayKey, Tally, balances, tallies
from apps.backoffice.domain.views import brought_up_to_date, joined, view_of
from apps.backoffice.usecases.projecting import bring
from tests.backoffice.fakes import fake_ports
from tests.backoffice.histories import LIVES, NOW, again, flags, heard, life, payouts
from tests.backoffice.looking import everything


@pytest.mark.parametrize("name", LIVES)
def test_a_view_is_the_same_from_whichever_event_it_begins(name):
    views = [view_of(change) for change in life(1, name)]

    made = set()
    for order in permutations(views):
        view = order[0]
        for other in order[1:]:
            view = joined(joined(view, other), other)
        made.add(view)

    (made_alike,) = made
    assert made_alike.version == len(views)
    assert made_alike.status == views[-1].status


def test_a_late_refund_does_not_lower_what_was_refunded():
    *before, first, second, settled = life(1, "refunded twice")
    known = brought_up_to_date({}, [*before, second, settled])

    (view,) = brought_up_to_date({known[0].payment_id: known[0]}, [first])

    assert (view.refunded, view.refunded_at) == (7_000, second.at)
    assert view.status == "partially_refunded"


@pytest.mark.parametrize(
    ("name", "balance", "payable"),
    [
        ("declined", None, None),
        ("held", Balance(pending=25_000), 0),
        ("settled", Balance(20_000, 0, 305, 19_695), 0),
        ("refunded twice", Balance(25_000, 7_000, 375, 17_625), 0),
        ("refunded once settled", Balance(25_000, 25_000, 375, 24_625), -25_000),
        ("rejected by the bank", Balance(), 0),
        ("confirmed by the bank", Balance(25_000, 0, 375), 24_625),
    ],
)
def test_each_life_moves_its_merchants_balance(name, balance, payable):
    moved = balances([*life(1, name), *payouts(1, name)]).get(("M-01", "EUR"))

    assert moved == balance
    assert (moved and moved.payable) == payable


def test_a_refund_after_the_settlement_is_owed_by_the_merchant():
    owed = Balance(captured=25_000, refunded=5_000, fees=375, settled=24_625)

    assert owed.payable == -5_000


def test_a_batch_that_takes_refunds_back_lessens_what_was_paid_out():
    said = [*life(1, "refunded once settled"), *payouts(1, "refunded once settled")]
    (paid,) = payouts(2, "settled")

    moved = balances([*said, replace(paid, net=-25_000)])["M-01", "EUR"]

    assert (moved.settled, moved.payable) == (-375, 0)


def test_events_count_on_their_own_day_in_utc():
    (change,) = life(1, "declined")
    late = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    moved = type(change)(**{**_fields(change), "at": late})

    ((key, tally),) = tallies([moved]).items()

    assert key.day == date(2026, 3, 1)
    assert (key.outcome, key.reason) == ("declined", "AUTHORIZATION_DENIED")
    assert tally == Tally(1, 25_000, 0, 0)


def test_a_dashboard_shows_the_latest_day_first_and_the_commonest_reason():
    def key(day, outcome, reason, currency="EUR"):
        return DayKey("M-01", date(2026, 3, day), currency, outcome, reason)

    shown = dashboard(
        {
            key(1, "authorised", "ACCEPTED"): Tally(1, 10),
            key(2, "declined", "EXPIRED_CARD"): Tally(2, 20),
            key(2, "declined", "EXPIRED_CARD", "USD"): Tally(1, 10),
            key(2, "settled", ""): Tally(1, 9),
        }
    )

    assert [(day.day.day, day.outcomes.currency) for day in shown.days] == [
        (2, "EUR"),
        (2, "USD"),
        (1, "EUR"),
    ]
    assert [total.approval_rate for total in shown.totals] == [0.3333, 0.0]
    assert [each.count for each in shown.reasons] == [3, 1]
    assert dashboard({}).totals == ()


def test_the_last_word_on_a_card_holds_whenever_it_comes():
    orange, red, green = flags(1, "ORANGE", "RED", "GREEN")

    for order in permutations([orange, red, green, red]):
        assert latest(list(order)) == [green]


@pytest.mark.parametrize(
    ("begins", "position", "stream", "forgets"),
    [
        (None, 0, Extent(0, 0), False),
        (1, 10, Extent(1, 10), False),
        (1, 10, Extent(2, 10), True),  # the first event has expired
        (5, 10, Extent(3, 20), False),
        (1, 10, Extent(1, 9), True),  # it is another stream
    ],
)
def test_nothing_is_made_anew_that_would_lack_events(begins, position, stream, forgets):
    serving = Offset(1, position, position, None, begins)

    assert would_forget(serving, stream) is forgets


@pytest.mark.parametrize(
    ("position", "target", "progress"), [(0, 0, 1), (0, 8, 0), (2, 8, 0.25), (9, 8, 1)]
)
def test_progress_goes_to_where_the_stream_ended(position, target, progress):
    assert Filling(1, position, 0, None, None, target, NOW).progress == progress


@st.composite
def arrivals(draw):
    """Payments' events in order, and the same doubled and shuffled."""
    names = draw(st.lists(st.sampled_from(sorted(LIVES)), min_size=1, max_size=6))
    merchants = st.sampled_from(["M-01", "M-02"])
    said = []
    for number, name in enumerate(names):
        whose = (number, name, draw(merchants))
        said += [*life(*whose), *payouts(*whose)]
    said += flags(0, *draw(st.lists(st.sampled_from(["GREEN", "ORANGE", "RED"]))))
    events = heard(said)
    doubled = events + draw(st.lists(st.sampled_from(events), max_size=len(events)))
    shuffled = draw(st.permutations(doubled))
    return events, [again(each, place) for place, each in enumerate(shuffled, 1)]


@settings(max_examples=200, deadline=None)
@given(arrivals(), st.integers(min_value=1, max_value=9))
def test_any_order_with_any_doubles_shows_what_the_right_order_shows(drawn, size):
    """One by one as they are heard live, or in stretches as they are read again."""
    events, shuffled = drawn

    async def shown(stretches):
        ports = fake_ports()
        for stretch in stretches:
            for each in stretch:
                serving = await ports.offsets.advance([each])
            await bring(serving, stretch, ports.projections)
        return await everything(ports)

    in_order = asyncio.run(shown([each] for each in events))
    in_stretches = (shuffled[n : n + size] for n in range(0, len(shuffled), size))
    assert asyncio.run(shown([each] for each in shuffled)) == in_order
    assert asyncio.run(shown(in_stretches)) == in_order


def _fields(change):
    return {name: getattr(change, name) for name in change.__dataclass_fields__}
