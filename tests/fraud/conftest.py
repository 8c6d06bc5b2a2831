from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.fraud.domain import Thresholds
from apps.fraud.events import AUTHORISED, PaymentDecided
from apps.fraud.usecases import Ports, count_cards
from apps.kit.events import CloudEvent, event_id
from apps.kit.listeners import Delivered
from tests.fakes import NOW, FakeRisks

LIMITS = Thresholds(orange=2, red=4, window=timedelta(seconds=60))
"""EasyPay's thresholds: a test need not say much to cross them."""


@dataclass
class FakeClock:
    """Stands still until it is told to go on."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def fake_ports(clock):
    return Ports(FakeRisks(), LIMITS, clock)


def with_store(ports, store):
    return replace(ports, store=store)


def refused(card, clock, code="AUTHORIZATION_DENIED"):
    return PaymentDecided(
        payment_id=uuid4(), card_token=card, response_code=code, created_at=clock()
    )


def accepted(card, clock):
    return refused(card, clock, "ACCEPTED")


def delivered(payment):
    """The payment as its stream hands it over."""
    event = CloudEvent(
        id=event_id(payment.payment_id, 2),
        source="/payments",
        type=AUTHORISED,
        subject=str(payment.payment_id),
        time=payment.created_at,
        data=payment,
    )
    return Delivered(event, 1, 0, payment.created_at)


async def count_card(payment, ports):
    """One payment alone; what it made of its card."""
    (risk,) = await count_cards([delivered(payment)], ports)
    return risk
