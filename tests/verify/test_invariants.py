"""Each invariant holds where all is in order, and names whatever breaks it."""
# ruff: noqa: S608  (the faults are SQL of the tests' own)

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from apps.kit.events import event_id
from apps.payments.domain.changes import Outcome, StandInReconciled
from apps.payments.domain.rules import Source
from apps.verify.checks import INVARIANTS, TRAILS, deliveries
from apps.verify.findings import Finding
from apps.verify.looking import look
from apps.verify.streams import Hearer

from .world import (
    TRACE,
    authorised,
    captured,
    declined,
    refunded,
    requested,
    reversed_,
    reversing,
    settled,
    voided,
)

pytestmark = pytest.mark.postgres

LOOKS = {each.id: each.look for each in (*INVARIANTS, *TRAILS)}


async def found(world, name) -> Finding:
    return await LOOKS[name](world.books())


def one(finding, *words):
    """The only violation, in which these words stand."""
    (violation,) = finding.violations
    for word in words:
        assert str(word) in violation
    return violation


@pytest.mark.parametrize("name", [name for name in LOOKS if name not in {"I4", "I11"}])
async def test_it_holds_where_all_is_in_order(name, world, lived):
    finding = await found(world, name)

    assert finding.violations == []
    assert finding.checked > 0


@pytest.mark.parametrize("name", [name for name in LOOKS if name not in {"I4", "I11"}])
async def test_it_holds_where_nothing_was_paid_yet(name, world):
    assert (await found(world, name)).violations == []


# I1


async def test_a_transfer_that_does_not_sum_to_zero_is_named(world, lived):
    transfer = await world.payments.fetchval(
        "SELECT transfer_id FROM ledger_transaction WHERE step = 'capture'"
    )
    await world.plant(
        "payments",
        "UPDATE ledger_entry SET amount = amount + 5 WHERE amount > 0"
        f" AND n = 1 AND transfer_id = '{transfer}'",
    )

    transfer_off, all_off = (await found(world, "I1")).violations

    assert f"transfer {transfer}: +5 EUR" in transfer_off
    assert "all of EUR: +5" in all_off


async def test_a_transfer_without_entries_is_named(world, lived):
    transfer = await world.payments.fetchval(
        "SELECT transfer_id FROM ledger_transaction WHERE step = 'capture'"
    )
    await world.plant(
        "payments", f"DELETE FROM ledger_entry WHERE transfer_id = '{transfer}'"
    )

    one(await found(world, "I1"), transfer)


# I2


async def test_a_payment_that_is_held_as_another_is_named(world, lived):
    other = await world.holds(await world.lives(requested()))
    held = lived["held"]
    await world.plant(
        "bank",
        f"DELETE FROM hold WHERE authorisation_id = '{held.decision.authorisation_id}'",
        f"DELETE FROM authorisation WHERE request_id = '{held.payment_id}'",
        f"UPDATE authorisation SET request_id = '{held.payment_id}'"
        f" WHERE authorisation_id = '{other}'",
        "UPDATE account SET held = 10000",
    )

    one(await found(world, "I2"), held.payment_id, f"held as {other}")


async def test_an_authorisation_that_two_payments_know_is_named(world, lived):
    shared = lived["held"].decision.authorisation_id
    await world.lives(requested(), authorised(authorisation_id=shared))

    one(await found(world, "I2"), shared, "of 2 payments")


async def test_an_account_that_forgot_a_hold_is_named(world, lived):
    await world.plant("bank", "UPDATE account SET held = held - 1")

    one(await found(world, "I2"), world.card.token, "30000", "29999")


# I3


async def test_a_refund_above_the_capture_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant(
        "payments",
        "ALTER TABLE payment DROP CONSTRAINT no_more_than_there_is",
        f"UPDATE payment SET refunded = 9000 WHERE payment_id = '{paid}'",
        f"UPDATE refund SET amount = 9000 WHERE payment_id = '{paid}'",
    )

    row, books = (await found(world, "I3")).violations

    assert f"payment {paid} (partially_refunded)" in row
    assert "captured 8000, refunded 9000" in row
    assert "8000 and 3000 booked" in books


async def test_a_payment_that_says_more_than_what_moved_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant("payments", f"DELETE FROM refund WHERE payment_id = '{paid}'")

    one(await found(world, "I3"), paid, "8000 and 0 moved")


async def test_a_payment_that_was_not_booked_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant(
        "payments", "UPDATE ledger_transaction SET step = 'x' WHERE step = 'capture'"
    )

    one(await found(world, "I3"), paid, "0 and 3000 booked")


async def test_a_refund_of_what_was_lost_is_booked_too(world):
    await world.lives(
        requested(),
        authorised(source=Source.DELEGATION),
        captured(8_000),
        refunded(1_000),
        StandInReconciled(Outcome.REJECTED),
        refunded(3_000),
    )

    assert (await found(world, "I3")).violations == []


async def test_a_bank_that_paid_more_than_was_captured_is_named(world, lived):
    await world.plant("bank", "UPDATE hold SET captured = 8001 WHERE captured = 8000")

    one(await found(world, "I3"), lived["paid"].payment_id, "paid 8001")


@pytest.mark.parametrize("state", ["held", "expired", None])
async def test_a_capture_that_the_bank_never_heard_of_is_named(world, state):
    paid = await world.lives(
        requested(), authorised(authorisation_id=uuid4()), captured(8_000)
    )
    if state:
        await world.holds(paid, state)

    one(await found(world, "I3"), paid.payment_id, f"at the bank {state or 'nothing'}")


async def test_the_bank_has_a_moment_to_hear_of_a_capture(world):
    world.at = datetime.now(UTC)
    events = requested(), authorised(authorisation_id=uuid4()), captured(8_000)
    await world.holds(await world.lives(*events))

    assert (await found(world, "I3")).violations == []


# I4, and what clients say of I5


@pytest.fixture
def answers(world, tmp_path):
    """Writes down what clients were answered."""

    def write(*lines):
        file = tmp_path / f"history-{len(world.histories)}.jsonl"
        file.write_text("".join(json.dumps(each) + "\n" for each in lines))
        world.histories.append(file)

    return write


def answer(payment_id, outcome, key="key-1", status=201, digest="d", code=None):
    return {
        "key": key,
        "body_hash": "b",
        "start": 1.0,
        "end": 2.0,
        "status": status,
        "payment_id": payment_id and str(payment_id),
        "outcome": outcome,
        "response_code": code,
        "answer_hash": digest,
    }


async def test_answers_that_were_kept_hold(world, lived, answers):
    answers(
        answer(lived["paid"].payment_id, "authorised", code="ACCEPTED"),
        answer(lived["paid"].payment_id, "captured", None, status=200),
        answer(lived["refused"].payment_id, "declined", "key-2"),
        answer(None, "validation-failed", "key-3", status=422),
        answer(None, None, "key-4", status=None),
    )

    finding = await found(world, "I4")

    assert finding.violations == []
    assert finding.checked == 3


async def test_an_answer_without_its_payment_is_named(world, lived, answers):
    lost = uuid4()
    answers(answer(lost, "authorised"))

    one(await found(world, "I4"), lost, "there is none")


async def test_an_answer_that_was_never_true_is_named(world, lived, answers):
    refused, paid = lived["refused"].payment_id, lived["paid"].payment_id
    answers(
        answer(refused, "authorised"),
        answer(paid, "authorised", "key-2", code="AUTHORIZATION_DENIED"),
    )

    first, second = (await found(world, "I4")).violations

    assert f"payment {refused}: told as authorised, which it never was" in first
    assert f"payment {paid}: told as AUTHORIZATION_DENIED" in second


async def test_a_key_that_was_answered_otherwise_is_named(world, lived, answers):
    paid = lived["paid"].payment_id
    answers(answer(paid, "authorised"), answer(paid, "authorised", digest="other"))

    one(await found(world, "I4"), "key-1")


async def test_without_a_history_the_answers_are_not_checked(world):
    (invariant,) = (each for each in INVARIANTS if each.id == "I4")

    (verdict,) = [each async for each in look(world.books(), [invariant])]

    assert verdict.finding is None
    assert "no history" in verdict.skipped


async def test_a_history_that_makes_no_sense_could_not_be_looked_at(world, answers):
    answers(answer(None, None, status=None), ["no", "answer"])
    wanted = [each for each in INVARIANTS if each.id in {"I4", "I5"}]

    verdicts = [each async for each in look(world.books(), wanted)]

    assert all("line 2 is no answer" in each.away for each in verdicts)


async def test_a_key_that_paid_twice_is_named(world, lived, answers):
    answers(
        answer(lived["paid"].payment_id, "authorised"),
        answer(lived["held"].payment_id, "authorised"),
    )

    one(await found(world, "I5"), "key-1", lived["paid"].payment_id)


async def test_several_clients_are_heard(world, lived, answers):
    """Who paid twice under one key may have done so through two processes."""
    answers(answer(lived["paid"].payment_id, "authorised"))
    answers(answer(lived["held"].payment_id, "authorised"))

    one(await found(world, "I5"), "key-1", lived["paid"].payment_id)


# I11


def ordered(payment_id, trace_id):
    asked = {"method": "POST", "path_template": "/api/v1/payments"}
    return answer(payment_id, "authorised") | asked | {"trace_id": trace_id}


async def test_a_payment_has_one_of_its_clients_traces(world, lived, answers):
    paid = lived["paid"].payment_id
    answers(ordered(paid, TRACE), ordered(paid, "0" * 32))

    finding = await found(world, "I11")

    assert (finding.checked, finding.violations) == (1, [])


async def test_the_trace_may_be_that_of_a_question_without_an_answer(
    world, lived, answers
):
    paid = lived["paid"].payment_id
    late = ordered(None, TRACE) | {"status": 504, "outcome": None}
    answers(late, ordered(paid, "0" * 32))

    finding = await found(world, "I11")

    assert (finding.checked, finding.violations) == (1, [])


async def test_a_payment_in_a_strange_trace_is_named(world, lived, answers):
    paid = lived["paid"].payment_id
    answers(ordered(paid, "0" * 32))

    one(await found(world, "I11"), paid, "none of its client's")


# I5


async def test_a_payment_that_no_key_leads_to_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant(
        "payments", f"DELETE FROM idempotency WHERE payment_id = '{paid}'"
    )

    one(await found(world, "I5"), paid, "no key")


async def test_a_payment_that_two_keys_lead_to_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant(
        "payments",
        "INSERT INTO idempotency (merchant_id, route, key_hmac, fingerprint,"
        " payment_id, lease_until, status, body)"
        f" VALUES ('M-01', 'POST /payments', 'other', 'f', '{paid}', now(), 201, '')",
    )

    one(await found(world, "I5"), paid, "2 keys")


# I6


async def test_a_gap_in_a_history_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant(
        "payments", f"DELETE FROM payment_event WHERE seq = 3 AND payment_id = '{paid}'"
    )

    one(await found(world, "I6"), paid, "event 3 is missing")


async def test_a_row_that_is_not_the_fold_is_named(world, lived):
    held = lived["held"].payment_id
    await world.plant(
        "payments", f"UPDATE payment SET amount = 29999 WHERE payment_id = '{held}'"
    )

    row, view = (await found(world, "I6")).violations
    assert f"payment {held}: amount is 30000, its row says 29999" in row
    assert f"payment {held}: amount is 29999, its view says 30000" in view


async def test_a_history_that_cannot_have_happened_is_named(world, lived):
    small = lived["small"].payment_id
    await world.plant(
        "payments",
        "UPDATE payment_event SET type = 'PaymentRefunded', data ="
        " jsonb_build_object('refund_id', payment_id, 'amount', 1)"
        f" WHERE seq = 2 AND payment_id = '{small}'",
    )

    one(await found(world, "I6"), small, "do not fold: InvalidState")


async def test_events_without_a_row_and_a_row_without_events_are_named(world, lived):
    small, held = lived["small"].payment_id, lived["held"].payment_id
    await world.plant(
        "payments",
        f"DELETE FROM payment_event WHERE payment_id = '{small}'",
        f"DELETE FROM payment WHERE payment_id = '{held}'",
    )

    violations = sorted((await found(world, "I6")).violations)

    assert violations == sorted(
        [
            f"payment {small}: a row without events",
            f"payment {held}: events without a row",
        ]
    )


async def test_a_view_that_shows_something_else_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant(
        "backoffice",
        f"UPDATE payment_view SET refunded = 1 WHERE payment_id = '{paid}'",
        f"DELETE FROM payment_view WHERE payment_id = '{lived['held'].payment_id}'",
    )

    violations = " ".join((await found(world, "I6")).violations)

    assert f"payment {paid}: refunded is 3000, its view says 1" in violations
    assert f"{lived['held'].payment_id}: the back office does not show" in violations


async def test_a_view_may_be_a_little_behind(world):
    world.at = datetime.now(UTC)
    fresh = await world.lives(authorised(attempts=0))
    await world.plant(
        "backoffice",
        f"DELETE FROM payment_view WHERE payment_id = '{fresh.payment_id}'",
    )

    assert (await found(world, "I6")).violations == []


# I7


async def test_an_event_that_never_left_is_named(world, lived):
    event = event_id(lived["small"].payment_id, 2)
    await world.plant(
        "payments", f"UPDATE outbox SET published_at = NULL WHERE id = '{event}'"
    )

    one(await found(world, "I7"), "outbox of payments", event)


async def test_an_event_that_had_no_effect_is_named(world, lived):
    event = event_id(lived["small"].payment_id, 2)
    await world.plant("fraud", f"DELETE FROM inbox WHERE event_id = '{event}'")

    one(await found(world, "I7"), "fraud-count_card", event)


async def test_the_outbox_is_read_page_by_page(world, lived, monkeypatch):
    monkeypatch.setattr(deliveries, "PAGE", 2)
    events = [event_id(lived[name].payment_id, 2) for name in ("gone", "small")]
    for event in events:
        await world.plant("fraud", f"DELETE FROM inbox WHERE event_id = '{event}'")

    finding = await found(world, "I7")

    named = " ".join(finding.violations)
    assert len(finding.violations) == 2
    assert all(str(event) in named for event in events)


async def test_what_left_too_long_ago_is_not_read(world, lived, monkeypatch):
    monkeypatch.setattr(deliveries, "PAGE", 2)
    await world.plant(
        "payments", "UPDATE outbox SET published_at = now() - interval '30 days'"
    )
    asked = []
    world.payments.add_query_logger(asked.append)

    assert (await found(world, "I7")).checked == 0
    assert len([each for each in asked if each.query == deliveries.SENT]) == 1


async def test_a_dead_letter_is_known_and_no_violation(world, lived):
    event = event_id(lived["small"].payment_id, 2)
    await world.plant("fraud", f"DELETE FROM inbox WHERE event_id = '{event}'")
    world.streams.died = {("fraud-count_card", str(event))}

    finding = await found(world, "I7")

    assert finding.violations == []
    assert "1 dead letter" in finding.note


async def test_a_hearer_that_is_behind_is_named(world, lived):
    late = datetime.now(UTC) - timedelta(minutes=1)
    world.streams.listening.append(Hearer("fraud-slow", (), 7, late))

    one(await found(world, "I7"), "fraud-slow", "7 events wait")


async def test_what_is_on_its_way_is_no_violation(world):
    world.at = datetime.now(UTC)
    fresh = await world.lives(authorised(attempts=0))
    event = event_id(fresh.payment_id, 2)
    await world.plant("fraud", f"DELETE FROM inbox WHERE event_id = '{event}'")
    world.streams.listening[0] = Hearer("fraud-x", (), 1, datetime.now(UTC))

    assert (await found(world, "I7")).violations == []


# I8


@pytest.mark.parametrize("ending", ["voided", "declined", "undecided", "unknown"])
async def test_a_hold_that_nobody_wants_is_named(world, lived, ending):
    happens = {
        "voided": (requested(), authorised(), voided()),
        "declined": (requested(), declined()),
    }
    orphan = await world.lives(*happens.get(ending, (requested(),)))
    await world.holds(orphan)
    if ending == "unknown":
        await world.plant(
            "payments",
            f"DELETE FROM payment_event WHERE payment_id = '{orphan.payment_id}'",
            f"DELETE FROM payment WHERE payment_id = '{orphan.payment_id}'",
        )

    one(await found(world, "I8"), orphan.payment_id)


@pytest.mark.parametrize("events", [(reversing(),), (reversing(), reversed_())])
async def test_a_reversal_excuses_a_hold_for_a_moment_only(world, events):
    happens = (requested(), authorised(), voided(), *events)
    late = await world.lives(*happens)
    await world.holds(late)
    world.at = datetime.now(UTC)
    await world.holds(await world.lives(*happens))

    one(await found(world, "I8"), late.payment_id, late.reversal)


async def test_a_hold_has_a_minute_to_find_its_payment(world):
    world.at = datetime.now(UTC) - timedelta(seconds=30)
    await world.holds(await world.lives(requested()))

    assert (await found(world, "I8")).violations == []


# I9


@pytest.mark.parametrize("off", [-1, 1])
async def test_a_card_that_is_miscounted_is_named(world, lived, off):
    await world.plant("fraud", f"UPDATE card_risk SET count = count + {off}")

    one(await found(world, "I9"), world.card.token, f"{5 + off} times", "5 payments")


async def test_a_card_that_never_paid_is_named(world, lived):
    stranger = uuid4()
    await world.plant(
        "fraud", f"INSERT INTO card_risk (card_token, count) VALUES ('{stranger}', 1)"
    )

    one(await found(world, "I9"), stranger, "no payment")


async def test_the_newest_payment_may_not_be_counted_yet(world):
    world.at = datetime.now(UTC)
    await world.lives(authorised(attempts=0))
    await world.plant("fraud", "UPDATE card_risk SET count = count - 1")

    assert (await found(world, "I9")).violations == []


# I12


async def test_a_balance_that_is_not_the_ledgers_is_named(world, lived):
    await world.plant("backoffice", "UPDATE balance_view SET settled = settled + 5")

    one(await found(world, "I12"), "merchant_payable:M-01, EUR: 0", "shown as -5")


async def test_a_balance_that_nobody_sees_is_named(world, lived):
    await world.plant("backoffice", "DELETE FROM balance_view")
    await world.lives(authorised(attempts=0), captured(1_000))
    await world.plant("backoffice", "DELETE FROM balance_view")

    one(await found(world, "I12"), "961 by the ledger", "shown as 0")


async def test_a_balance_that_moves_is_not_compared(world, lived):
    world.at = datetime.now(UTC)
    await world.lives(authorised(attempts=0), captured(1_000))
    await world.plant("backoffice", "DELETE FROM balance_view")

    finding = await found(world, "I12")

    assert (finding.violations, finding.checked) == ([], 0)
    assert "1 more are moving" in finding.note


# I13


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE settlement_batch SET gross = gross + 1, net = net + 1",
        "UPDATE settlement_batch SET refunds = refunds + 1, fees = fees - 1",
        "UPDATE settlement_batch SET payments = 2",
        "UPDATE refund SET batch_id = NULL",
        "UPDATE ledger_entry SET amount = amount + 1 WHERE transfer_id ="
        " (SELECT transfer_id FROM ledger_transaction WHERE step = 'collect')",
        "DELETE FROM ledger_entry WHERE transfer_id ="
        " (SELECT transfer_id FROM ledger_transaction WHERE step = 'pay-out')",
    ],
)
async def test_a_batch_that_does_not_add_up_is_named(world, lived, statement):
    await world.plant("payments", statement)
    batch_id = await world.payments.fetchval("SELECT batch_id FROM settlement_batch")

    one(await found(world, "I13"), f"batch {batch_id}")


async def test_a_capture_in_two_batches_is_named(world, lived):
    paid = lived["paid"].payment_id
    await world.plant(
        "payments",
        "UPDATE payment_event SET data = jsonb_set(data, '{batch_id}',"
        f" to_jsonb(gen_random_uuid())) WHERE type = 'PaymentSettled'"
        f" AND payment_id = '{paid}'",
    )

    one(await found(world, "I13"), f"payment {paid}: settled in")


async def test_a_batch_that_is_gone_is_named(world, lived):
    await world.plant("payments", "DELETE FROM settlement_batch")

    capture, refund = (await found(world, "I13")).violations

    assert "that there is not" in capture
    assert "that there is not" in refund


async def test_what_no_batch_paid_out_is_named(world, lived):
    await world.lives(authorised(attempts=0), captured(1_000))

    one(await found(world, "I13"), "capture", "of M-01: in no batch")


async def test_what_the_bank_does_not_know_or_is_not_covered_may_wait(world, lived):
    untold = await world.lives(requested(), authorised(), captured(1_000))
    await world.step(untold, "bank_capture", "due")
    batch_id = uuid4()
    events = authorised(attempts=0), captured(9_000), settled(batch_id, 9_000)
    await world.lives(*events, refunded(1))
    await world.settles(batch_id)
    await world.plant(
        "payments",
        f"UPDATE refund SET batch_id = NULL WHERE batch_id = '{batch_id}'",
        "UPDATE settlement_batch SET refunds = 0, net = net + 1"
        f" WHERE batch_id = '{batch_id}'",
    )

    assert not [
        each for each in (await found(world, "I13")).violations if "no batch" in each
    ]


# I14


async def test_a_step_that_is_stuck_is_named(world, lived):
    paid = lived["paid"]
    await world.plant("payments", "UPDATE saga SET state = 'stuck'")

    one(await found(world, "I14"), paid.payment_id, "bank_capture", "invalid-state")


# The chains of hashes


@pytest.mark.parametrize(
    ("name", "database", "statement", "row"),
    [
        ("payments", "payments", "UPDATE audit_event SET actor = 'x' WHERE seq = 2", 2),
        ("bank", "bank", "DELETE FROM audit_event WHERE seq = 3", 3),
        ("ledger", "payments", "UPDATE ledger_transaction SET step = 'x' WHERE seq = 2", 2),
    ],
)  # fmt: skip
async def test_a_rewritten_chain_names_its_row(
    world, lived, name, database, statement, row
):
    await world.plant(database, statement)

    one(await found(world, name), f"row {row}")
