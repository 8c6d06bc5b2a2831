"""What fraud can be asked to do."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.fraud.domain import Assessment, Status
from apps.fraud.events import FLAGGED
from apps.fraud.store import KEPT_FOR, PURGE, SCHEMA, PostgresStore
from apps.fraud.usecases import (
    UnknownCard,
    assess_card,
    assess_cards,
    count_cards,
    risk_of,
)
from apps.kit import inbox
from apps.kit.database import Database
from apps.kit.events import event_id
from apps.kit.forgetting import forget
from apps.kit.listeners import Delivered
from apps.kit.signals import span
from apps.kit.values import now
from tests.fraud.conftest import accepted, count_card, delivered, refused, with_store
from tests.kit.happening import happened

GREEN, ORANGE, RED = Status


@pytest.fixture(params=["fake", pytest.param("postgres", marks=pytest.mark.postgres)])
async def ports(request, fake_ports):
    if request.param == "fake":
        yield fake_ports
        return
    database = Database(request.getfixturevalue("database_url"), SCHEMA)
    await database.start()
    yield with_store(fake_ports, PostgresStore(database))
    await database.stop()


@pytest.fixture
async def database(database_url):
    database = Database(database_url, SCHEMA)
    await database.start()
    yield database
    await database.stop()


async def rows(database, query):
    async with database.connection() as db:
        return [tuple(row) for row in await db.fetch(query)]


async def test_every_payment_counts_even_when_many_come_at_once(ports, clock, told):
    card, other = uuid4(), uuid4()

    many = [count_card(accepted(card, clock), ports) for _ in range(20)]
    await asyncio.gather(*many, count_card(refused(other, clock), ports))

    assert (await risk_of(card, ports)).count == 20
    assert (await risk_of(other, ports)).count == 1
    assert told.counted("fraud.cards.counted") == 21


async def test_a_card_that_never_paid_is_unknown(ports, told):
    with pytest.raises(UnknownCard):
        await risk_of(uuid4(), ports)


async def test_refusals_in_a_row_flag_a_card_step_by_step(ports, clock, told):
    card = uuid4()

    seen = [(await count_card(refused(card, clock), ports)).status for _ in range(5)]

    assert seen == [GREEN, ORANGE, ORANGE, RED, RED]
    risk = await risk_of(card, ports)
    assert (risk.status, risk.count, risk.refused, risk.version) == (RED, 5, 5, 2)


async def test_refusals_at_once_flag_a_card_no_less(ports, clock, told):
    card = uuid4()

    await asyncio.gather(*(count_card(refused(card, clock), ports) for _ in range(6)))

    risk = await risk_of(card, ports)
    assert (risk.status, risk.count, risk.refused, risk.version) == (RED, 6, 6, 2)
    assert told.counted("fraud.cards.flagged") == 2


async def test_a_batch_makes_of_each_card_what_its_payments_make_one_by_one(
    ports, clock, told
):
    card, other, new = uuid4(), uuid4(), uuid4()
    await count_card(refused(card, clock), ports)
    await count_card(refused(other, clock), ports)
    batch = [
        refused(card, clock),
        accepted(other, clock),
        refused(new, clock),
        refused(card, clock),
        refused(other, clock),
        refused(card, clock),
        accepted(card, clock),
    ]

    seen = await count_cards([delivered(payment) for payment in batch], ports)

    assert [
        (each.card_token, each.count, each.refused, each.status) for each in seen
    ] == [
        (card, 2, 2, ORANGE),
        (other, 2, 0, GREEN),
        (new, 1, 1, GREEN),
        (card, 3, 3, ORANGE),
        (other, 3, 1, GREEN),
        (card, 4, 4, RED),
        (card, 5, 0, RED),
    ]
    assert await risk_of(card, ports) == seen[-1]
    assert (await risk_of(new, ports)).window_start == clock()
    assert told.counted("fraud.cards.counted") == 9
    assert told.counted("fraud.cards.flagged") == 2


async def test_each_change_of_status_in_a_batch_is_announced(fake_ports, clock, told):
    card = uuid4()
    batch = [delivered(refused(card, clock)) for _ in range(5)]

    await count_cards(batch, fake_ports)

    changes = [(e.data.status, e.data.count) for e in fake_ports.store.events]
    assert changes == [(ORANGE, 2), (RED, 4)]
    assert [e.sequence for e in fake_ports.store.events] == [1, 2]


async def test_a_change_of_status_is_told_alike_on_span_log_and_metric(
    fake_ports, clock, told
):
    card = uuid4()
    for _ in range(3):
        await count_card(refused(card, clock), fake_ports)
    told.forget()

    await span("test.hear")(count_card)(refused(card, clock), fake_ports)

    line = told.event("card.flagged")
    attributes = told.span("test.hear").attributes
    assert line["level"] == "warning"
    for name, value in {
        "card.status": "RED",
        "card.previous_status": "ORANGE",
        "card.token": str(card),
        "card.count": 4,
        "card.refused": 4,
    }.items():
        assert line[name] == attributes[name] == value
    assert told.counted("fraud.cards.flagged", card_status="RED") == 1
    assert told.counted("fraud.cards.counted") == 1


async def test_only_a_change_of_status_is_announced(fake_ports, clock, told):
    card = uuid4()

    for _ in range(5):
        await count_card(refused(card, clock), fake_ports)
    clock.passes(seconds=130)
    await count_card(accepted(card, clock), fake_ports)

    events = fake_ports.store.events
    changes = [(e.data.previous, e.data.status, e.data.count) for e in events]
    assert changes == [(GREEN, ORANGE, 2), (ORANGE, RED, 4), (RED, GREEN, 6)]
    assert [e.id for e in events] == [event_id(card, version) for version in (1, 2, 3)]
    assert [e.sequence for e in events] == [1, 2, 3]
    assert {(e.type, e.source, e.subject) for e in events} == {
        (FLAGGED, "/fraud", str(card))
    }
    assert [line["level"] for line in told.events("card.flagged")] == [
        "info",
        "warning",
        "info",
    ]


async def test_a_card_is_assessed_as_it_stands_at_that_instant(ports, clock, told):
    card = uuid4()
    for _ in range(4):
        await count_card(refused(card, clock), ports)

    seen = []
    for seconds in (0, 60, 60):
        clock.passes(seconds)
        answer = await assess_card(card, ports)
        seen.append(answer.status)
        assert (answer.card_token, answer.count) == (card, 4)
        assert (await risk_of(card, ports)).status is answer.status

    assert seen == [RED, ORANGE, GREEN]


async def test_an_assessment_is_told_alike_on_span_log_and_metric(
    fake_ports, clock, told
):
    card = uuid4()
    for _ in range(4):
        await count_card(refused(card, clock), fake_ports)

    answer = await assess_card(card, fake_ports)

    assert (answer.status, answer.count) == (RED, 4)
    line, span = told.event("card.assessed"), told.span("fraud.assess").attributes
    assert line["card.token"] == span["card.token"] == str(card)
    assert line["card.status"] == span["card.status"] == "RED"
    assert told.counted("fraud.assessments", card_status="RED") == 1


async def test_that_a_card_looks_good_is_told_on_span_and_metric_alone(
    fake_ports, told
):
    card = uuid4()

    answer = await assess_card(card, fake_ports)

    assert (answer.status, answer.count) == (GREEN, 0)
    span = told.span("fraud.assess").attributes
    assert (span["card.token"], span["card.status"]) == (str(card), "GREEN")
    assert told.counted("fraud.assessments", card_status="GREEN") == 1
    assert told.events("card.assessed") == []


async def test_answers_that_may_cost_a_payment_are_kept(fake_ports, clock, told):
    card = uuid4()

    answers = []
    for _ in range(4):
        await count_card(refused(card, clock), fake_ports)
        answers.append(await assess_card(card, fake_ports))

    assert [answer.status for answer in answers] == [GREEN, ORANGE, ORANGE, RED]
    assert fake_ports.store.assessments == answers[1:]


async def test_cards_that_are_assessed_together_cool_and_are_kept_one_by_one(
    ports, clock, told
):
    bad, good, unknown = uuid4(), uuid4(), uuid4()
    for _ in range(4):
        await count_card(refused(bad, clock), ports)
    await count_card(accepted(good, clock), ports)

    for expected in (RED, ORANGE, GREEN):
        answers = await assess_cards([bad, good, unknown, bad], ports)
        assert [(each.card_token, each.status) for each in answers] == [
            (bad, expected),
            (good, GREEN),
            (unknown, GREEN),
        ]
        clock.passes(60)

    assert [each["card.status"] for each in told.events("card.assessed")] == [
        "RED",
        "ORANGE",
    ]
    assert [each["assessment.cards"] for each in told.events("cards.assessed")] == [
        3,
        3,
        3,
    ]
    assert told.counted("fraud.assessments", card_status="GREEN") == 7


@pytest.mark.postgres
async def test_a_kept_assessment_says_when_and_in_which_trace(
    database, fake_ports, clock, told
):
    ports, card = with_store(fake_ports, PostgresStore(database)), uuid4()
    for _ in range(4):
        await count_card(refused(card, clock), ports)

    await assess_card(card, ports)

    trace = f"{told.span('fraud.assess').context.trace_id:032x}"
    kept = "SELECT card_token, status, count, assessed_at, trace_id FROM assessment"
    assert await rows(database, kept) == [(card, "RED", 4, clock(), trace)]


@pytest.mark.postgres
async def test_a_month_later_what_was_answered_is_forgotten_and_the_card_is_not(
    database, fake_ports, clock, told
):
    store, card = PostgresStore(database), uuid4()
    await count_card(refused(card, clock), with_store(fake_ports, store))
    young, old = (now() - timedelta(days=days) for days in (29, 31))
    for at in (young, old):
        await store.keep(Assessment(card, ORANGE, 1), at, "0" * 32)

    assert await forget(database, PURGE, KEPT_FOR) == 1

    assert await rows(database, "SELECT assessed_at FROM assessment") == [(young,)]
    assert (await store.risk(card)).count == 1


@pytest.mark.postgres
async def test_count_status_event_and_inbox_are_kept_together_or_not_at_all(
    database, fake_ports, clock, told
):
    ports, card = with_store(fake_ports, PostgresStore(database)), uuid4()
    await count_card(refused(card, clock), ports)
    payment = refused(card, clock)
    heard = Delivered(happened("pay.v1.test", uuid4()), 1, 0, clock())

    with pytest.raises(ZeroDivisionError):
        async with database.transaction() as db:
            assert await inbox.new(db, "fraud-count_card", [heard])
            await count_card(payment, ports)
            raise ZeroDivisionError
    lost = await rows(database, "SELECT count(*) FROM outbox")
    async with database.transaction() as db:
        assert await inbox.new(db, "fraud-count_card", [heard])
        await count_card(payment, ports)

    assert lost == [(0,)]
    risk = await risk_of(card, ports)
    assert (risk.count, risk.status, risk.version) == (2, ORANGE, 1)
    waiting = await rows(database, "SELECT id, subject FROM outbox")
    assert waiting == [(event_id(card, 1), FLAGGED)]


@pytest.mark.postgres
async def test_cards_counted_before_there_was_a_status_are_green(
    database_url, tmp_path, fake_ports, clock, told
):
    *kit, own = SCHEMA
    old = tmp_path / "schema"
    old.mkdir()
    first = old / "001_card_risk.sql"
    first.write_text((own / first.name).read_text())
    database = Database(database_url, (kit[0], old))
    await database.start()
    card = uuid4()
    async with database.connection() as db:
        await db.execute(
            "INSERT INTO card_risk (card_token, count) VALUES ($1, 9)", card
        )
    await database.stop()

    database = Database(database_url, SCHEMA)
    await database.start()
    ports = with_store(fake_ports, PostgresStore(database))
    risk = await count_card(accepted(card, clock), ports)
    await database.stop()

    assert (risk.count, risk.status, risk.version) == (10, GREEN, 0)
