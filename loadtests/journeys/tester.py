"""A card tester: tries a stolen card until it is suspected, and pays no more."""

import time
from typing import Any

from locust import task

from loadtests import judging
from loadtests.cards import fresh
from loadtests.customer import Customer
from loadtests.orders import PAYMENTS, below_the_floor, too_much

REFUSALS = 40
"""So many in a row make a card RED."""

PATIENCE_S = 45.0
"""Fraud may have been away meanwhile, and hears of it all when it is back."""


class CardTester(Customer):
    """He holds a card at a time, and asks ten times a second."""

    journey = "tester"

    @task
    def tests_a_card(self) -> None:
        """What the card may still be kept from paying is voided when it turns RED."""
        card, waiting = self._steals()
        if waiting["status"] == "authorised" and self._is_suspected(card):
            amount = below_the_floor(self.chance)
            self.pay("pay when suspected", amount, card, suspect=True)
            self._is_voided(waiting)

    def _steals(self) -> tuple[str, dict[str, Any]]:
        """A card and what it pays for; those that an earlier run burnt are no use."""
        known, name = self.plan.seed_was_used, "pay before fraud"
        while True:
            card = fresh(self.chance)
            waiting = self.pay(name, 15_000, card, suspect=known, capture="manual")
            if waiting["response_code"] != "FRAUD_SUSPECTED":
                return card, waiting

    def _is_suspected(self, card: str) -> bool:
        """Refused until suspected; not before it was refused often enough."""
        denied, ends = 0, time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            amount, known = too_much(self.chance), self.plan.seed_was_used
            suspect = known or denied >= REFUSALS
            payment = self.pay("test a card", amount, card, suspect=suspect)
            if payment["response_code"] == "FRAUD_SUSPECTED":
                return True
            denied += payment["response_code"] == "AUTHORIZATION_DENIED"
            time.sleep(self.chance.uniform(0.05, 0.15))
        return False

    def _is_voided(self, payment: dict[str, Any]) -> None:
        path = f"{PAYMENTS}/{payment['payment_id']}"
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends:
            seen = self.get("wait for the void", path, judging.shown(payment))
            if seen.js["status"] == "voided":
                return
            time.sleep(0.5)
        self.get("voided for fraud", path, judging.shown(payment, "voided"))
