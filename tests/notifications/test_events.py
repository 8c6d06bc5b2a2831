"""What notifications reads of every event of a payment, and the job that it makes."""

import json

import pytest

from apps.kit.events import CloudEvent, event_id
from apps.notifications.events import ANNOUNCES, WEBHOOK, PaymentChanged, notification
from apps.notifications.listeners import listeners
from native.paths import ROOT

from .fakes import NOW

SAMPLES = ROOT / "tests" / "contracts" / "samples"
(HEARD,) = (each.subjects for each in listeners if each.handler.__name__ == "record")
KEPT = [subject for subject in HEARD if (SAMPLES / f"{subject}.json").exists()]


@pytest.mark.parametrize("subject", KEPT)
def test_a_kept_sample_becomes_a_webhook_without_what_is_ours(subject):
    sample = (SAMPLES / f"{subject}.json").read_text()
    event = CloudEvent[PaymentChanged].model_validate_json(sample)

    told = json.loads(notification(event, "M-01/webhook", NOW, None).body)

    assert told["type"] == subject.removeprefix("pay.v1.")
    assert told["timestamp"] == json.loads(sample)["time"]
    assert told["data"]["status"] == json.loads(sample)["data"]["status"]
    assert not {"card_token", "ledger_tx", "trace_id", "attempts"} & set(told["data"])


def test_what_happens_to_a_payment_is_heard_but_not_that_it_was_received():
    assert {subject.rpartition(".")[2] for subject in HEARD} == {
        "authorised",
        "declined",
        "captured",
        "voided",
        "refunded",
        "settled",
        "standin_reconciled",
    }


def test_a_kept_job_is_still_what_a_worker_gets():
    sample = (SAMPLES / f"{WEBHOOK}.json").read_text()

    job = CloudEvent[ANNOUNCES[WEBHOOK]].model_validate_json(sample)

    assert json.loads(job.model_dump_json()) == json.loads(sample)
    assert job.id == event_id(job.data.notification_id, job.data.attempt)
    assert (job.sequence, job.subject) == (1, str(job.data.notification_id))
