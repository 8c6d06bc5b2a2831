"""API6:2023. Flows that are worth money are guarded beyond a token."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

from native.backends import until
from native.gateway import order
from tests.stack.cards import card, fresh_card

from .asking import BASE

FLAGGED = "FRAUD_SUSPECTED"
REFUSED_BY_BANK = 50_000
TRIES = 40
"""Within a minute: how many refusals in a row make a card RED (FRAUD_RED_AT)."""


def test_who_tries_a_card_out_is_stopped(stack, m_01):
    """Refusals in a row flag the card, and then not even small sums go through."""
    tried = card(fresh_card())

    for _ in range(TRIES):
        refused = m_01.pays(REFUSED_BY_BANK, card=tried)
        assert refused.status_code == 201
        assert refused.json()["status"] == "declined"

    def small():
        return m_01.pays(100, card=tried).json()

    stopped = until(small, lambda payment: payment["status"] == "declined", within=30)
    assert stopped["response_code"] == FLAGGED
    assert m_01.pays(100).json()["status"] == "authorised"


def at_once(count, ask):
    with ThreadPoolExecutor(max_workers=count) as pool:
        return list(pool.map(lambda _: ask(), range(count)))


def test_an_order_that_is_sent_many_times_at_once_is_one_payment(m_01):
    key, wanted = uuid4().hex, order(9_000, card=card(fresh_card()))

    answers = at_once(
        10,
        lambda: m_01.asks(
            "POST", f"{BASE}/payments", json=wanted, headers={"Idempotency-Key": key}
        ),
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    paid = [answer.json()["payment_id"] for answer in answers if answer.is_success]
    assert len(set(paid)) == 1


def test_no_more_is_given_back_than_was_taken(stack, m_01):
    """Ten refunds of a third at once: three go through."""
    id_ = m_01.paid(9_000, capture="manual")
    taken = m_01.asks("POST", f"{BASE}/payments/{id_}/captures", json={})
    assert taken.status_code == 201, taken.text

    answers = at_once(
        10,
        lambda: m_01.asks(
            "POST", f"{BASE}/payments/{id_}/refunds", json={"amount": 3_000}
        ),
    )

    counted = Counter(answer.status_code for answer in answers)
    assert counted[201] <= 3
    assert counted.keys() <= {201, 409, 422}
    payment = m_01.gets(f"{BASE}/payments/{id_}").json()
    assert payment["refunded"] == 3_000 * counted[201] <= payment["captured"]


def test_a_payment_is_captured_or_voided_never_both(m_01):
    id_ = m_01.paid(9_000, capture="manual")
    steps = ["captures", "voids"] * 4

    with ThreadPoolExecutor(max_workers=len(steps)) as pool:
        answers = list(
            pool.map(
                lambda step: m_01.asks(
                    "POST", f"{BASE}/payments/{id_}/{step}", json={}
                ),
                steps,
            )
        )

    assert Counter(answer.status_code for answer in answers)[201] == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert m_01.gets(f"{BASE}/payments/{id_}").json()["status"] in {
        "captured",
        "settled",
        "voided",
    }


def test_a_reference_is_one_payments(m_01):
    """Whoever sends a bill twice is not paid twice, whatever his keys."""
    reference = f"bill-{uuid4().hex}"
    first = m_01.pays(9_000, merchant_reference=reference)
    second = m_01.pays(9_000, merchant_reference=reference)

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["code"] == "duplicate-reference"
