"""The shapes of events: who announces them, and who hears what."""

import json
from pathlib import Path

import pytest

import apps.backoffice.events
import apps.fraud.events
import apps.notifications.events
from apps.fraud.domain import ACCEPTED, BLAMING, Status
from apps.fraud.events import FLAGGED, CardFlagged
from apps.kit.events import CloudEvent, event_id
from apps.payments import events
from apps.payments.domain.rules import Reason
from tests.fakes import PAN

SAMPLES = Path(__file__).parent / "samples"
HEARERS = [apps.backoffice.events, apps.fraud.events, apps.notifications.events]


def hearer(module) -> str:
    return module.__name__.split(".")[1]


def read_by(module):
    """The fields of a payment's event that a service reads."""
    return getattr(module, "PaymentDecided", None) or module.PaymentChanged


@pytest.fixture(params=[events.AUTHORISED, events.DECLINED])
def sample(request):
    return (SAMPLES / f"{request.param}.json").read_text()


def test_a_kept_sample_is_still_what_payments_announces(sample):
    event = CloudEvent[events.PaymentDecided].model_validate_json(sample)

    assert json.loads(event.model_dump_json()) == json.loads(sample)
    assert event.id == event_id(event.data.payment_id, event.sequence)
    assert event.partitionkey == event.subject
    assert event.type in {events.AUTHORISED, events.DECLINED}


def test_a_kept_sample_is_still_what_fraud_announces():
    sample = (SAMPLES / f"{FLAGGED}.json").read_text()

    event = CloudEvent[CardFlagged].model_validate_json(sample)

    assert json.loads(event.model_dump_json()) == json.loads(sample)
    assert event.id == event_id(event.data.card_token, event.sequence)
    assert event.type == FLAGGED
    assert {status.value for status in Status} == {"GREEN", "ORANGE", "RED"}
    assert PAN.digits not in sample


@pytest.mark.parametrize("module", HEARERS, ids=hearer)
def test_every_hearer_reads_the_sample(sample, module):
    heard = CloudEvent[read_by(module)].model_validate_json(sample)

    told = json.loads(sample)["data"]
    for field, value in heard.data.model_dump(mode="json", exclude_unset=True).items():
        assert value == told[field]


@pytest.mark.parametrize("module", HEARERS, ids=hearer)
def test_a_field_that_is_new_disturbs_no_hearer(sample, module):
    grown = json.loads(sample)
    grown["data"]["something_new"] = {"a": 1}
    grown["newattribute"] = "x"

    assert CloudEvent[read_by(module)].model_validate(grown)


@pytest.mark.parametrize("module", HEARERS, ids=hearer)
def test_announcer_and_hearers_name_the_same_subjects(module):
    assert module.AUTHORISED == events.AUTHORISED
    assert module.DECLINED == events.DECLINED


def test_fraud_judges_by_the_words_that_payments_uses():
    assert BLAMING | {ACCEPTED} <= set(Reason)


def test_no_event_holds_a_card_number(sample):
    assert PAN.digits not in sample
    assert "number" not in events.PaymentDecided.model_fields
