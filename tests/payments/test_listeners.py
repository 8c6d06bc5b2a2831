"""What payments does with what others announce."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.kit.events import CloudEvent
from apps.kit.listeners import Delivered
from apps.payments.domain.orders import Screening
from apps.payments.domain.payment import Reversal, Status
from apps.payments.events import CARD_FLAGGED, HOLD_REVERSED
from apps.payments.listeners import listeners
from apps.payments.usecases.move import void
from tests.fakes import order
from tests.payments.paying import finished, fresh_key, paid

SAMPLES = Path(__file__).parents[1] / "contracts" / "samples"


async def hears(subject, ports, **facts):
    """The kept sample, with facts of a payment that we know."""
    (listener,) = [each for each in listeners if subject in each.subjects]
    sample = (SAMPLES / f"{subject}.json").read_text()
    event = CloudEvent[listener.payload].model_validate_json(sample)
    event = event.model_copy(update={"data": event.data.model_copy(update=facts)})
    await listener.hear(Delivered(event, 1, 0, datetime(2026, 3, 1, tzinfo=UTC)), ports)


async def test_a_card_that_turns_red_loses_what_it_has_not_paid_yet(ports, fraud, told):
    payment = await paid(order(15_000), ports)
    fraud.screening = Screening("RED", checked=True)

    for _ in range(2):
        await hears(
            CARD_FLAGGED, ports, card_token=payment.card.token, status="RED", count=4
        )
    await finished(ports)

    after = await ports.store.payment(payment.payment_id)
    assert (after.status, after.reversal) == (Status.VOIDED, Reversal.REQUESTED)


@pytest.mark.parametrize("status", ["GREEN", "ORANGE"])
async def test_a_card_of_another_colour_loses_nothing(ports, told, status):
    payment = await paid(order(15_000), ports)

    await hears(CARD_FLAGGED, ports, card_token=payment.card.token, status=status)

    assert await ports.store.payment(payment.payment_id) == payment


@pytest.mark.parametrize("tombstone", [False, True])
async def test_a_hold_that_is_gone_confirms_the_reversal_once(ports, told, tombstone):
    payment = await paid(order(15_000), ports)
    await void(payment.payment_id, fresh_key(), ports)

    for _ in range(2):
        await hears(
            HOLD_REVERSED, ports, request_id=payment.payment_id, tombstone=tombstone
        )

    after = await ports.store.payment(payment.payment_id)
    assert after.reversal is Reversal.CONFIRMED
    assert after.version == payment.version + 3


async def test_a_hold_that_is_no_payments_is_nothing_to_us(ports, told):
    await hears(HOLD_REVERSED, ports)
    await hears(CARD_FLAGGED, ports, status="RED")

    assert ports.store.histories == {}
