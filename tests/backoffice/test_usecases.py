"""What the back office can be asked to do."""

from datetime import timedelta
from uuid import uuid4

import pytest

from apps.backoffice.domain.dashboards import Figures, StandIn
from apps.backoffice.domain.projections import Projection
from apps.backoffice.domain.sums import Balance, Purse
from apps.backoffice.usecases import showing
from apps.backoffice.usecases.projecting import project, tell
from apps.backoffice.usecases.rebuilding import watch
from tests.backoffice.fakes import fake_ports
from tests.backoffice.histories import (
    BEGUN,
    LIVES,
    NOW,
    again,
    flags,
    heard,
    life,
    payouts,
)
from tests.backoffice.looking import everything


async def hear(events, ports):
    for each in events:
        await project([each], ports)
        tell(each)


async def test_a_payment_is_shown_with_all_that_happened_to_it(ports, told):
    story = life(1, "refunded twice")
    await hear(heard(story), ports)

    shown = await showing.payment(story[0].payment_id, None, ports)

    view, card_status = shown.what
    assert (view.status, view.version) == ("partially_refunded", 5)
    assert (view.captured, view.fee, view.refunded) == (25_000, 375, 7_000)
    assert view.settled == 24_625
    assert view.response_code == "ACCEPTED"
    assert [view.authorised_at, view.captured_at] == [story[0].at, story[1].at]
    assert (view.refunded_at, view.settled_at) == (story[3].at, story[4].at)
    assert card_status == "GREEN"
    assert shown.as_of == story[-1].at
    assert shown.lag == timedelta()


async def test_each_event_is_told_once_with_the_payment_it_is_of(ports, told):
    story = life(1, "settled")
    await hear(heard(story), ports)

    assert [each["payment.status"] for each in told.events("payment.projected")] == [
        "authorised",
        "captured",
        "settled",
    ]
    assert told.counted("backoffice.payments.projected", payment_status="settled") == 1


async def test_an_event_that_comes_first_is_shown_before_those_it_follows(ports, told):
    authorised, captured, _ = life(1, "settled")
    await hear([heard([authorised, captured])[1]], ports)

    early = (await showing.payment(captured.payment_id, None, ports)).what[0]
    await hear([heard([authorised])[0]], ports)
    late = (await showing.payment(captured.payment_id, None, ports)).what[0]

    assert (early.status, early.response_code) == ("captured", None)
    assert (late.status, late.response_code) == ("captured", "ACCEPTED")


async def test_what_is_heard_at_once_shows_what_it_shows_one_by_one(ports, told):
    said = [each for n, name in enumerate(LIVES) for each in life(n, name)]
    said += payouts(2, "settled") + flags(1, "ORANGE", "RED")
    alone = fake_ports()
    await hear(heard(said), alone)

    await project(heard([*said, *said]), ports)

    assert await everything(ports) == await everything(alone)
    (offset, *_) = [each.serving for each in await ports.offsets.standings()]
    assert (offset.begins, offset.position) == (1, 2 * len(said))


async def test_doubled_events_show_the_same(ports, told):
    events = heard(life(1, "refunded twice") + flags(1, "ORANGE", "RED"))
    await hear(events, ports)
    once = await everything(ports)

    await hear([again(each, 100 + each.stream_seq) for each in events], ports)

    assert await everything(ports) == once


async def test_a_balance_is_what_the_ledger_owes_the_merchant(ports, told):
    stories = [
        *life(1, "refunded twice"),
        *life(2, "confirmed by the bank"),
        *life(3, "held"),
        *life(4, "rejected by the bank"),
        *life(5, "settled", "M-02"),
        *payouts(1, "refunded twice"),
        *payouts(5, "settled", "M-02"),
    ]
    await hear(heard(stories), ports)

    shown = await showing.balance("M-01", ports)

    assert len(told.events("payout.projected")) == 2
    assert shown.what == {
        Purse("M-01", "EUR"): Balance(
            captured=50_000, refunded=7_000, fees=750, settled=17_625, pending=25_000
        )
    }
    assert shown.what["M-01", "EUR"].payable == 24_625
    assert (await showing.balance("M-02", ports)).what["M-02", "EUR"].payable == 0
    assert (await showing.balance("M-03", ports)).what == {}


async def test_a_dashboard_counts_what_became_of_payments_by_day(ports, told):
    stories = [
        *life(1, "refunded twice"),
        *life(2, "declined"),
        *life(3, "rejected by the bank"),
        *life(11, "held"),  # two minutes after NOW's noon less ten: the same day
    ]
    await hear(heard(stories), ports)

    dashboard, standins = (await showing.merchant("M-01", 1, ports)).what

    (day,), (total,) = dashboard.days, dashboard.totals
    assert day.day == NOW.date()
    assert day.outcomes == total
    assert total.authorised == Figures(3, 75_000)
    assert total.declined == Figures(1, 25_000)
    assert total.refunded == Figures(2, 7_000)
    assert (total.fees, total.fallbacks, total.approval_rate) == (375, 1, 0.75)
    assert [(each.reason, each.count) for each in dashboard.reasons] == [
        ("ACCEPTED", 3),
        ("AUTHORIZATION_DENIED", 1),
        ("standin_rejected", 1),
    ]
    assert standins == [StandIn("rejected", 1, 25_000, "EUR")]


async def test_a_dashboard_reaches_no_further_back_than_asked(ports, told):
    await hear(heard(life(-24 * 60, "declined")), ports)

    assert (await showing.merchant("M-01", 1, ports)).what[0].days == ()
    assert len((await showing.merchant("M-01", 2, ports)).what[0].days) == 1


async def test_a_payment_shows_what_is_thought_of_its_card(ports, told):
    story = life(1, "held")
    orange, red = flags(1, "ORANGE", "RED")
    await hear(heard([*story, red, orange]), ports)

    assert (await showing.payment(story[0].payment_id, None, ports)).what[1] == "RED"
    assert len(told.events("card.projected")) == 2


async def test_a_payment_that_no_event_told_of_is_unknown(ports, told):
    with pytest.raises(showing.UnknownPayment):
        await showing.payment(uuid4(), None, ports)


async def test_lag_is_how_long_the_oldest_event_has_waited(ports, told):
    story = life(1, "held")
    await hear(heard(story), ports)
    ports.stream.waiting_since = NOW - timedelta(seconds=3)

    shown = await showing.balance("M-01", ports)
    await watch(ports)

    assert shown.lag == timedelta(seconds=3)
    assert shown.as_of == story[-1].at > BEGUN
    for name in Projection:
        at = {"projection_name": name.value}
        assert told.measured("backoffice.projection.lag", **at) == 3
        assert told.measured("backoffice.projection.position", **at) == 2
