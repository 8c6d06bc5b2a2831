"""API1:2023. Another merchant's thing is answered as one that does not exist."""

from uuid import uuid4

import pytest

from native.backends import until
from native.gateway import order
from tests.stack.cards import card, fresh_card

from .asking import BASE, said

STEPS = ["captures", "voids", "refunds"]
EVERY_RIGHT = [
    "payments:read",
    "payments:write",
    "merchant:read",
    "ref:read",
    "audit:read",
]


@pytest.fixture(scope="module")
def theirs(stack, m_01):
    """A payment of M-01, known to every service."""
    id_ = m_01.paid(pos_id="POS-01")
    until(lambda: m_01.gets(f"{BASE}/payments/{id_}").status_code == 200)
    until(lambda: stack.ask("backoffice", f"/payments/{id_}"), within=30)
    return id_


def path(where, id_):
    return f"{BASE}/payments/{id_}{where}"


@pytest.mark.parametrize("where", ["", "/view"])
def test_another_merchants_payment_is_not_there(m_01, m_02, theirs, where):
    own, other, none = (
        m_01.gets(path(where, theirs)),
        m_02.gets(path(where, theirs)),
        m_02.gets(path(where, uuid4())),
    )

    assert own.status_code == 200
    assert other.status_code == 404
    assert said(other) == said(none)


@pytest.mark.parametrize("service", ["gateway", "payments"])
def test_what_happened_to_it_is_not_told(minted, theirs, service):
    base = BASE if service == "gateway" else ""
    own = minted(service, ["audit:read"], merchant_id="M-01")
    other = minted(service, ["audit:read"], merchant_id="M-02")

    assert own.gets(f"{base}/payments/{theirs}/events").status_code == 200
    refused = other.gets(f"{base}/payments/{theirs}/events")
    assert refused.status_code == 404
    assert said(refused) == said(other.gets(f"{base}/payments/{uuid4()}/events"))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("service", ["gateway", "payments"])
def test_nobody_moves_another_merchants_money(minted, theirs, service, step):
    base = BASE if service == "gateway" else ""
    other = minted(service, EVERY_RIGHT, merchant_id="M-02")

    refused = other.asks("POST", f"{base}/payments/{theirs}/{step}", json={})

    none = other.asks("POST", f"{base}/payments/{uuid4()}/{step}", json={})
    assert refused.status_code == 404
    assert said(refused) == said(none)


def test_no_list_holds_it(m_02, theirs):
    asked = [{}, {"pos_id": "POS-01"}, {"cursor": theirs}, {"limit": 100}]

    for query in asked:
        shown = m_02.gets(f"{BASE}/payments", **query)
        assert shown.status_code in {200, 404}, query
        listed = shown.json().get("payments", [])
        assert {each["merchant_id"] for each in listed} <= {"M-02"}, query


def test_a_cursor_of_another_merchant_is_as_good_as_one_of_nobody(m_02, theirs):
    there, nowhere = (
        m_02.gets(f"{BASE}/payments", cursor=cursor) for cursor in (theirs, uuid4())
    )

    assert there.status_code == nowhere.status_code


@pytest.mark.parametrize("what", ["dashboard", "balance"])
@pytest.mark.parametrize("service", ["gateway", "backoffice"])
def test_another_merchants_figures_are_nobodys(minted, service, what):
    base = BASE if service == "gateway" else ""
    caller = minted(service, ["merchant:read"], merchant_id="M-02")

    own = caller.gets(f"{base}/merchants/M-02/{what}")
    other, none = (
        caller.gets(f"{base}/merchants/{who}/{what}") for who in ("M-01", "M-99")
    )

    assert own.status_code == 200
    assert other.status_code == 404
    assert said(other) == said(none)


def test_the_own_dashboard_is_the_tokens(m_01, m_02):
    for caller, merchant in ((m_01, "M-01"), (m_02, "M-02")):
        shown = caller.gets(f"{BASE}/merchants/me/dashboard")
        assert shown.status_code == 200, shown.text
        assert shown.json()["merchant_id"] == merchant
        assert ({"M-01", "M-02"} - {merchant}).pop() not in shown.text


def test_the_back_office_hides_it_too(minted, theirs):
    other = minted("backoffice", ["payments:read"], merchant_id="M-02")

    refused = other.gets(f"/payments/{theirs}")

    assert refused.status_code == 404
    assert said(refused) == said(other.gets(f"/payments/{uuid4()}"))


@pytest.mark.parametrize("service", ["gateway", "notifications"])
def test_what_a_merchant_was_told_is_his(minted, theirs, service):
    base = BASE if service == "gateway" else ""
    scopes = ["notifications:read"]
    own = minted(service, scopes, merchant_id="M-01")
    other = minted(service, scopes, merchant_id="M-02")
    where = f"{base}/notifications"

    until(lambda: own.gets(where, payment_id=theirs).json() != [], within=30)
    hidden, none = (other.gets(where, payment_id=id_) for id_ in (theirs, uuid4()))
    assert theirs not in hidden.text
    assert said(hidden) == said(none)


def test_nobody_sells_at_anothers_terminal(m_02):
    other, none = (m_02.pays(pos_id=pos) for pos in ("POS-01", "POS-99"))

    assert other.status_code == 422
    assert other.json()["errors"] == [{"pointer": "/pos_id", "code": "INACTIVE_POS"}]
    assert said(other) == said(none)


def test_terminals_are_shown_to_whom_they_belong(m_01, m_02):
    own, other = m_01.gets(f"{BASE}/pos"), m_02.gets(f"{BASE}/pos")

    assert {each["merchant_id"] for each in own.json()} == {"M-01"}
    assert {each["merchant_id"] for each in other.json()} == {"M-02"}


def test_cards_are_shown_to_whom_they_paid(minted, m_01):
    """Asked of payments: the gateway may show a list that is half a minute old."""
    paid = m_01.pays(card=card(fresh_card())).json()["card"]["token"]
    own, other = (
        minted("payments", ["ref:read"], merchant_id=who).gets("/cards")
        for who in ("M-01", "M-02")
    )

    assert paid in {each["token"] for each in own.json()}
    assert paid not in {each["token"] for each in other.json()}


def test_anothers_key_replays_nothing(m_01, m_02):
    key = {"Idempotency-Key": uuid4().hex}
    own = order(pos_id="POS-01", card=card(fresh_card()))
    first = m_01.asks("POST", f"{BASE}/payments", json=own, headers=key)

    same = m_02.asks("POST", f"{BASE}/payments", json=own, headers=key)
    other = m_02.asks(
        "POST", f"{BASE}/payments", json=own | {"pos_id": "POS-04"}, headers=key
    )

    assert first.status_code == 201
    assert "Idempotent-Replayed" not in same.headers
    assert first.json()["payment_id"] not in same.text
    assert same.json()["errors"][0]["code"] == "INACTIVE_POS"
    assert other.status_code == 201, other.text


def test_ids_cannot_be_counted_up(m_01):
    """Beside an id there is none: they are random in 62 bits at least."""
    first, second = (m_01.paid(9_000) for _ in range(2))

    assert first != second
    assert first[19:] != second[19:]
    assert sum(a != b for a, b in zip(first[19:], second[19:], strict=True)) > 4
