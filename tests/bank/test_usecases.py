"""What the bank can be asked to do, on a fake and on PostgreSQL."""

from dataclasses import replace
from uuid import uuid4

import pytest

from apps.bank.domain.authorisations import Code, Verdict
from apps.bank.domain.holds import HoldState
from apps.bank.idempotency import KeyReused
from apps.bank.usecases import (
    AboveAuthorised,
    InvalidState,
    UnknownRequest,
    authorise,
    capture,
    expire,
    find,
    reverse,
    tell_held,
)
from apps.kit import crashing
from apps.kit.values import Cents

from .conftest import OPENING, announced, asked, money, trail


@pytest.mark.parametrize(
    ("amount", "verdict", "code"),
    [(40_000, Verdict.APPROVED, "00"), (40_001, Verdict.REFUSED, "61")],
)
async def test_the_bank_authorises_up_to_its_limit(ports, told, amount, verdict, code):
    answer = await authorise(asked(amount), ports)

    assert (answer.verdict, answer.code) == (verdict, code)
    labels = {"bank_verdict": verdict.value, "bank_network_code": code}
    assert told.counted("bank.authorisations", **labels) == 1


async def test_what_is_authorised_is_held_and_what_is_refused_is_not(ports, told):
    yes = asked(30_000)
    no = asked(40_001, yes.card_token)

    held, refused = [await authorise(each, ports) for each in (yes, no)]

    assert (held.hold_state, refused.hold_state) == (HoldState.HELD, None)
    assert await money(yes, ports) == (OPENING, 30_000)
    assert told.counted("bank.holds", bank_hold_state="held") == 1


async def test_a_card_pays_no_more_than_it_has(ports, told):
    card = uuid4()
    answers = [await authorise(asked(40_000, card), ports) for _ in range(3)]

    rest = await authorise(asked(20_000, card), ports)

    assert [answer.code for answer in answers] == ["00", "00", "51"]
    assert rest.code is Code.APPROVED


async def test_a_card_has_an_account_in_each_currency(ports, told):
    euros, francs = asked(40_000), asked(40_000, currency="CHF")
    francs = replace(francs, card_token=euros.card_token)

    for request in (euros, francs):
        await authorise(request, ports)

    assert await money(euros, ports) == await money(francs, ports) == (OPENING, 40_000)


async def test_asked_again_the_bank_gives_the_same_answer_and_holds_once(ports, told):
    request = asked(30_000)

    first, again = [await authorise(request, ports) for _ in range(2)]

    assert first == again == await find(request.request_id, ports)
    assert await money(request, ports) == (OPENING, 30_000)
    assert await trail(ports) == [("client:payments", "bank.authorise", "approved")]
    repeated = [line["bank.repeated"] for line in told.events("bank.authorised")]
    assert repeated == [False, True]


@pytest.mark.parametrize(
    "other",
    [
        {"amount": Cents(30_001)},
        {"currency": "CHF"},
        {"merchant_id": "M-02"},
        {"card_token": uuid4()},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_a_request_id_means_one_request(ports, told, other):
    request = asked(30_000)
    await authorise(request, ports)

    with pytest.raises(KeyReused):
        await authorise(replace(request, **other), ports)

    assert await money(request, ports) == (OPENING, 30_000)


async def test_a_capture_pays_and_releases_the_rest(ports, told):
    request = asked(30_000)
    held = await authorise(request, ports)

    paid = await capture(held.authorisation_id, Cents(20_000), ports)
    again = await capture(held.authorisation_id, Cents(20_000), ports)

    assert paid == again == await find(request.request_id, ports)
    assert (paid.hold_state, paid.hold.captured) == (HoldState.CAPTURED, 20_000)
    assert await money(request, ports) == (OPENING - 20_000, 0)
    assert told.event("hold.captured")["payment.captured"] == 20_000
    assert told.counted("bank.holds", bank_hold_state="captured") == 1
    assert (await trail(ports))[1:] == [("client:payments", "bank.capture", "captured")]


async def test_a_capture_takes_no_more_than_is_held(ports, told):
    request = asked(30_000)
    held = await authorise(request, ports)

    with pytest.raises(AboveAuthorised) as refused:
        await capture(held.authorisation_id, Cents(30_001), ports)

    assert refused.value.errors[0]["pointer"] == "/amount"
    assert await money(request, ports) == (OPENING, 30_000)


async def test_nothing_is_captured_twice_or_of_what_nobody_asked(ports, told):
    held = await authorise(asked(30_000), ports)
    await capture(held.authorisation_id, Cents(10_000), ports)
    refused = await authorise(asked(40_001), ports)

    with pytest.raises(InvalidState):
        await capture(held.authorisation_id, Cents(10_001), ports)
    with pytest.raises(InvalidState):
        await capture(refused.authorisation_id, Cents(10_000), ports)
    with pytest.raises(UnknownRequest):
        await capture(uuid4(), Cents(10_000), ports)


async def test_a_reversal_releases_and_is_announced_once(ports, told):
    request = asked(30_000)
    held = await authorise(request, ports)

    first, again = [
        await reverse(request.request_id, "timeout", ports) for _ in range(2)
    ]

    assert first == again == await find(request.request_id, ports)
    assert first.hold_state is HoldState.REVERSED
    assert await money(request, ports) == (OPENING, 0)
    (event,) = await announced(ports)
    assert event.subject == event.partitionkey == str(request.request_id)
    assert event.data.model_dump() == {
        "request_id": request.request_id,
        "authorisation_id": held.authorisation_id,
        "tombstone": False,
        "amount": 30_000,
        "currency": "EUR",
    }
    assert told.event("hold.reversed")["reversal.reason"] == "timeout"
    assert (await trail(ports))[1:] == [("client:payments", "bank.reverse", "reversed")]


async def test_a_reversal_that_overtakes_its_request_refuses_it(ports, told):
    request = asked(30_000)

    buried = await reverse(request.request_id, "timeout", ports)
    late, again = [await authorise(request, ports) for _ in range(2)]

    assert buried.is_tombstone
    assert (late.verdict, late.code) == (Verdict.REFUSED, Code.REFUSED)
    assert late == again
    assert late.authorisation_id == buried.authorisation_id
    assert late.hold_state is HoldState.TOMBSTONE
    assert await money(request, ports) == (OPENING, 0)
    (event,) = await announced(ports)
    assert (event.data.tombstone, event.data.amount) == (True, 0)
    assert (event.data.authorisation_id, event.data.currency) == (None, None)
    warned = told.events("bank.tombstone")
    assert [line["bank.tombstone"] for line in warned] == ["written", "declined"]
    assert {line["level"] for line in warned} == {"warning"}
    assert await trail(ports) == [
        ("client:payments", "bank.reverse", "tombstone"),
        ("client:payments", "bank.authorise", "refused"),
    ]


async def test_what_arrived_late_is_one_request_too(ports, told):
    request = asked(30_000)
    await reverse(request.request_id, "timeout", ports)
    await authorise(request, ports)

    with pytest.raises(KeyReused):
        await authorise(replace(request, amount=Cents(1)), ports)


async def test_a_reversal_of_what_holds_nothing_is_kept_and_moves_nothing(ports, told):
    request = asked(40_001)
    await authorise(request, ports)

    reversed_ = await reverse(request.request_id, "void", ports)

    assert (reversed_.hold_state, reversed_.is_tombstone) == (None, False)
    (event,) = await announced(ports)
    assert (event.data.amount, event.data.currency) == (0, "EUR")
    assert told.event("hold.unmoved")["payment.id"] == str(request.request_id)
    assert (await trail(ports))[1:] == [
        ("client:payments", "bank.reverse", "nothing_held")
    ]


async def test_what_is_captured_is_not_reversed(ports, told):
    request = asked(30_000)
    held = await authorise(request, ports)
    await capture(held.authorisation_id, Cents(30_000), ports)

    with pytest.raises(InvalidState):
        await reverse(request.request_id, "void", ports)

    assert await announced(ports) == []
    assert await money(request, ports) == (OPENING - 30_000, 0)


@pytest.mark.parametrize("amount", [30_000, 40_001])
async def test_what_is_reversed_is_not_captured(ports, told, amount):
    request = asked(amount)
    held = await authorise(request, ports)
    await reverse(request.request_id, "void", ports)

    with pytest.raises(InvalidState):
        await capture(held.authorisation_id, Cents(1), ports)


async def test_a_tombstone_is_not_captured(ports, told):
    buried = await reverse(uuid4(), "void", ports)

    with pytest.raises(InvalidState):
        await capture(buried.authorisation_id, Cents(1), ports)


async def test_a_hold_that_nobody_captures_expires(ports, clock, told):
    request = asked(30_000)
    held = await authorise(request, ports)
    clock.passes(days=6)
    later = asked(10_000, request.card_token)
    await authorise(later, ports)
    clock.passes(days=1)

    with pytest.raises(InvalidState):
        await capture(held.authorisation_id, Cents(30_000), ports)
    for _ in range(2):
        await expire(ports)

    assert (await find(request.request_id, ports)).hold_state is HoldState.EXPIRED
    assert await money(request, ports) == (OPENING, 10_000)
    assert told.event("hold.expired")["payment.id"] == str(request.request_id)
    assert told.counted("bank.holds", bank_hold_state="expired") == 1
    assert (await trail(ports))[-1] == ("job:expiry", "bank.expire", "expired")


async def test_what_cannot_be_let_go_holds_up_no_other(ports, clock, told, monkeypatch):
    """Not even where there are more of its kind than one look finds."""
    monkeypatch.setattr("apps.bank.usecases.BATCH", 1)
    bad, good = asked(30_000), asked(20_000)
    for request in (bad, asked(10_000, bad.card_token), good):
        await authorise(request, ports)
        clock.passes(hours=1)
    clock.passes(days=7)
    honest = ports.store.keep

    async def keep(change, *rest):
        if change.account.card_token == bad.card_token:
            raise ValueError("no")
        await honest(change, *rest)

    monkeypatch.setattr(ports.store, "keep", keep)

    await expire(ports)

    assert (await find(good.request_id, ports)).hold_state is HoldState.EXPIRED
    assert (await find(bad.request_id, ports)).hold_state is HoldState.HELD
    stuck = told.events("hold.stuck")
    assert [line["error.type"] for line in stuck] == ["ValueError"] * 2
    assert stuck[0]["payment.id"] == str(bad.request_id)
    spans = [span for span in told.spans if span.name == "bank.expire"]
    assert [span.attributes.get("error.type") for span in spans] == [
        "ValueError",
        "ValueError",
        None,
    ]
    assert len({span.context.trace_id for span in spans}) == 3


async def test_a_reversal_of_what_has_expired_releases_nothing_more(ports, clock, told):
    request = asked(30_000)
    await authorise(request, ports)
    clock.passes(days=7)
    await expire(ports)

    reversed_ = await reverse(request.request_id, "void", ports)

    assert reversed_.hold_state is HoldState.EXPIRED
    assert [event.data.amount for event in await announced(ports)] == [0]
    assert await money(request, ports) == (OPENING, 0)


async def test_what_is_held_is_a_figure_by_currency(ports, told):
    for request in (asked(30_000), asked(5_000), asked(7, currency="CHF")):
        await authorise(request, ports)

    await tell_held(ports)

    assert told.measured("bank.held", payment_currency="EUR") == 35_000
    assert told.measured("bank.held", payment_currency="CHF") == 7


async def test_each_thing_asked_is_a_span_with_its_facts(ports, clock, told):
    kept, lost = asked(30_000), asked(20_000)
    held = await authorise(kept, ports)
    await capture(held.authorisation_id, Cents(30_000), ports)
    await reverse(lost.request_id, "timeout", ports)

    first = told.span("bank.authorise").attributes
    assert first["bank.network_code"] == "00"
    assert first["payment.id"] == str(kept.request_id)
    assert told.span("bank.capture").attributes["bank.hold_state"] == "captured"
    assert told.span("bank.reverse").attributes["bank.hold_state"] == "tombstone"


async def test_the_bank_may_die_between_its_word_and_its_answer(
    ports, told, monkeypatch
):
    class Died(Exception):
        pass

    def dies(point):
        assert point in crashing.POINTS
        raise Died

    request = asked(30_000)
    monkeypatch.setattr("apps.bank.usecases.crash_point", dies)
    with pytest.raises(Died):
        await authorise(request, ports)
    monkeypatch.undo()

    assert (await authorise(request, ports)).code is Code.APPROVED
    assert await money(request, ports) == (OPENING, 30_000)
    repeated = [line["bank.repeated"] for line in told.events("bank.authorised")]
    assert repeated == [False, True]
