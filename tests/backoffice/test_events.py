"""Every kept sample of what the back office hears is understood."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from apps.backoffice.domain.changes import Change, Flag, Kind, Payout
from apps.backoffice.events import (
    FLAGGED,
    HEARS,
    MERCHANT_SETTLED,
    Anything,
    parsed,
    read,
)
from apps.backoffice.usecases.projecting import project
from apps.kit.events import CloudEvent
from tests.backoffice.fakes import fake_ports

SAMPLES = Path(__file__).parents[1] / "contracts" / "samples"

SAYS = {FLAGGED: Flag, MERCHANT_SETTLED: Payout}


@pytest.fixture(params=HEARS)
def subject(request):
    return request.param


@pytest.fixture
def sample(subject):
    return (SAMPLES / f"{subject}.json").read_bytes()


def test_a_kept_sample_says_what_it_said(subject, sample):
    heard = parsed(subject, sample, 7)

    told = json.loads(sample)["data"]
    assert isinstance(heard.says, SAYS.get(subject, Change))
    assert str(heard.event_id) == json.loads(sample)["id"]
    assert heard.stream_seq == 7
    for name in HEARS[subject].model_fields:
        value = getattr(heard.says, name)
        assert value == told[name] or str(value) == told[name] or name[-2:] == "at"


def test_live_and_read_again_it_says_the_same(subject, sample):
    live = CloudEvent[Anything].model_validate(json.loads(sample))

    assert read(live, 7) == parsed(subject, sample, 7)


async def test_a_kept_sample_can_be_projected(subject, sample, told):
    ports = fake_ports()

    await project([parsed(subject, sample, 1)], ports)

    assert (await ports.offsets.standings())[0].serving.events == 1


def test_an_event_that_lacks_what_its_type_promises_is_refused(subject, sample):
    broken = json.loads(sample)
    del broken["data"][next(iter(HEARS[subject].model_fields))]

    with pytest.raises(ValidationError):
        parsed(subject, json.dumps(broken).encode(), 1)
    with pytest.raises(ValidationError):
        read(CloudEvent[Anything].model_validate(broken), 1)


def test_an_event_of_an_unknown_type_says_nothing_to_us(subject, sample):
    payload = sample.replace(subject.encode(), b"pay.v1.payment.disputed")

    assert parsed("pay.v1.payment.disputed", payload, 1).says is None


def test_each_kind_of_a_payments_change_is_heard():
    heard = {subject.rpartition(".")[2] for subject in HEARS if subject not in SAYS}

    assert heard == set(Kind)
