"""The shapes of events: who announces them, and who hears what."""

import json
from importlib import import_module
from pathlib import Path

import pytest
from pydantic import ValidationError

from apps.fraud.domain import ACCEPTED, BLAMING, Status
from apps.fraud.events import FLAGGED, CardFlagged
from apps.kit.events import CloudEvent, event_id
from apps.kit.values import Cents
from apps.payments import events
from apps.payments.announcing import announcement, payout
from apps.payments.domain.life import TRANSITIONS
from apps.payments.domain.payment import Status as PaymentStatus
from apps.payments.domain.rules import Reason
from apps.payments.domain.settlement import Batch, Debt, Repayment
from tests.fakes import PAN, ids
from tests.payments.domain.lives import EVENTS, lived, way_to

SAMPLES = Path(__file__).parent / "samples"
SERVICES = ["backoffice", "fraud", "notifications", "payments"]


def heard_by(service):
    """The data that a service reads of each subject; a pattern's are in its HEARS."""
    reads = {}
    for listener in import_module(f"apps.{service}.listeners").listeners:
        for subject in listener.subjects:
            if subject.endswith(">"):
                reads |= import_module(f"apps.{service}.events").HEARS
            elif not listener.workers:
                reads[subject] = listener.payload
    return reads


HEARD = [
    pytest.param(subject, model, id=f"{service} hears {subject}")
    for service in SERVICES
    for subject, model in sorted(heard_by(service).items())
]

HAPPENING = [(event, state) for event in EVENTS for state in TRANSITIONS[type(event)]]
"""Each event in each state in which it can happen."""


def sample_of(subject) -> str:
    return (SAMPLES / f"{subject}.json").read_text()


@pytest.fixture(params=sorted(events.OF_PAYMENTS))
def sample(request):
    return sample_of(request.param)


def test_a_kept_sample_is_still_what_payments_announces(sample):
    kept = json.loads(sample)
    model = events.ANNOUNCES[kept["type"]]

    event = CloudEvent[model].model_validate_json(sample)

    assert json.loads(event.model_dump_json()) == kept
    assert event.id == event_id(event.data.payment_id, event.sequence)
    assert event.partitionkey == event.subject == str(event.data.payment_id)
    assert event.data.status in set(PaymentStatus)


def test_what_happens_is_announced_in_the_shape_that_is_kept():
    """Field for field, whatever the payment went through before."""
    told = set()
    for event, state in HAPPENING:
        life = lived([*way_to(state, event), event])
        made = announcement(life.fresh[-1])
        if made is None:
            continue
        kept, shown = json.loads(sample_of(made.type)), made.model_dump(mode="json")
        assert (set(shown), set(shown["data"])) == (set(kept), set(kept["data"]))
        assert made.sequence == life.payment.version
        told.add(made.type)

    assert told == set(events.OF_PAYMENTS)


def test_a_batch_is_announced_in_the_shape_that_is_kept():
    sample = sample_of(events.MERCHANT_SETTLED)
    event = CloudEvent[events.MerchantSettled].model_validate_json(sample)
    data = event.data
    debt = Debt(ids(), Cents(data.gross), Cents(data.fees))
    repaid = [Repayment(ids(), Cents(data.refunds))]
    batch = Batch(data.batch_id, data.merchant_id, data.currency, [debt], repaid)

    made = payout(batch, data.at)

    traced = made.model_copy(update={"traceparent": event.traceparent})
    assert json.loads(traced.model_dump_json()) == json.loads(sample)


def test_a_kept_sample_is_still_what_fraud_announces():
    sample = sample_of(FLAGGED)

    event = CloudEvent[CardFlagged].model_validate_json(sample)

    assert json.loads(event.model_dump_json()) == json.loads(sample)
    assert event.id == event_id(event.data.card_token, event.sequence)
    assert event.type == FLAGGED
    assert {status.value for status in Status} == {"GREEN", "ORANGE", "RED"}
    assert PAN.digits not in sample


@pytest.mark.parametrize(("subject", "model"), HEARD)
def test_every_hearer_reads_the_sample(subject, model):
    told = json.loads(sample_of(subject))["data"]

    heard = CloudEvent[model].model_validate_json(sample_of(subject)).data

    read = heard.model_dump(mode="json", exclude_unset=True)
    assert read
    assert read == {field: told[field] for field in read}


@pytest.mark.parametrize(("subject", "model"), HEARD)
def test_what_a_hearer_needs_is_announced(subject, model):
    """Of a sample without one field, a hearer misses it or never reads it."""
    told = json.loads(sample_of(subject))

    for field in told["data"]:
        less = told | {"data": {k: v for k, v in told["data"].items() if k != field}}
        needs = field in model.model_fields and model.model_fields[field].is_required()
        if needs:
            with pytest.raises(ValidationError):
                CloudEvent[model].model_validate(less)
        else:
            assert CloudEvent[model].model_validate(less)


@pytest.mark.parametrize(("subject", "model"), HEARD)
def test_a_field_that_is_new_disturbs_no_hearer(subject, model):
    grown = json.loads(sample_of(subject))
    grown["data"]["something_new"] = {"a": 1}
    grown["newattribute"] = "x"

    assert CloudEvent[model].model_validate(grown)


def test_everything_that_is_announced_is_heard_and_the_other_way_round():
    ours = ("pay.v1.payment.", "pay.v1.merchant.")
    heard = {name: set(heard_by(name)) for name in SERVICES}

    assert {each for each in heard["backoffice"] if each.startswith(ours)} == set(
        events.ANNOUNCES
    )
    assert heard["notifications"] == set(events.OF_PAYMENTS) - {events.RECEIVED}
    assert heard["fraud"] == {events.AUTHORISED, events.DECLINED}
    assert heard["payments"] == {events.HOLD_REVERSED, events.CARD_FLAGGED}
    assert events.CARD_FLAGGED == FLAGGED


def test_fraud_judges_by_the_words_that_payments_uses():
    assert BLAMING | {ACCEPTED} <= set(Reason)


def test_no_event_holds_a_card_number(sample):
    assert PAN.digits not in sample
    for model in events.ANNOUNCES.values():
        assert not {"number", "pan", "cvv", "expiry"} & set(model.model_fields)
