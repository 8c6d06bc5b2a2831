"""The shape of what the bank announces."""

import json
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import ValidationError

from apps.bank.domain.authorisations import Authorisation, Code, Request, Reversal
from apps.bank.domain.holds import Hold, HoldState
from apps.bank.domain.rules import buried
from apps.bank.events import ANNOUNCES, REVERSED, HoldReversed
from apps.kit.events import CloudEvent
from apps.kit.values import Cents

SAMPLE = (Path(__file__).parent / "samples" / f"{REVERSED}.json").read_text()
KNOWN = CloudEvent[HoldReversed].model_validate_json(SAMPLE)
REVERSAL = Reversal(UUID("01a201d6-72f0-7c15-a3b8-9e0d4f6a1c22"), "timeout", KNOWN.time)


def test_a_kept_sample_is_still_what_the_bank_announces():
    assert json.loads(KNOWN.model_dump_json()) == json.loads(SAMPLE)
    assert {REVERSED: HoldReversed} == ANNOUNCES
    assert KNOWN.type == REVERSED


def test_the_sample_is_what_a_reversal_makes():
    told = KNOWN.data
    request = Request(told.request_id, "M-01", UUID(int=1), Cents(told.amount), "EUR")
    hold = Hold(HoldState.REVERSED, request.amount, Cents(0), KNOWN.time)
    reversed_ = Authorisation(
        told.authorisation_id, told.request_id, request, Code.APPROVED, hold, REVERSAL
    )

    made = HoldReversed.of(reversed_, REVERSAL, request.amount)

    assert made.model_copy(update={"traceparent": KNOWN.traceparent}) == KNOWN
    assert made.subject == made.partitionkey == str(told.request_id)


def test_a_tombstone_has_neither_authorisation_nor_currency():
    tombstone = buried(UUID(int=2), KNOWN.data.request_id, REVERSAL).authorisation

    made = HoldReversed.of(tombstone, REVERSAL, Cents(0))

    assert made.data.model_dump(mode="json") == {
        "request_id": str(KNOWN.data.request_id),
        "authorisation_id": None,
        "tombstone": True,
        "amount": 0,
        "currency": None,
    }
    assert CloudEvent[HoldReversed].model_validate_json(made.model_dump_json()) == made


@pytest.mark.parametrize("field", HoldReversed.model_fields)
def test_no_field_may_be_missing(field):
    grown = json.loads(SAMPLE)
    del grown["data"][field]

    with pytest.raises(ValidationError):
        CloudEvent[HoldReversed].model_validate(grown)


def test_a_field_that_is_new_disturbs_nobody():
    grown = json.loads(SAMPLE)
    grown["data"]["something_new"] = {"a": 1}

    assert CloudEvent[HoldReversed].model_validate(grown) == KNOWN
