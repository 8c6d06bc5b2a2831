"""API3:2023. Nobody sets a property that is not his, and none is shown beyond the document."""

import json

import pytest
from jsonschema import Draft202012Validator

from native.gateway import order
from tests.stack.cards import card, fresh_card

from .asking import BASE
from .operations import all_operations

SET_BY_US = {
    "merchant_id": "M-02",
    "payment_id": "01a20324-2230-70f7-8019-4a6680b375b3",
    "status": "authorised",
    "response_code": "APPROVED",
    "captured": 25_000,
    "refunded": 0,
    "fraud": {"status": "GREEN", "checked": True},
    "authorisation": {"source": "bank"},
    "floor_limit": 99_999_999,
    "is_admin": True,
    "scope": "ops",
    "__proto__": {"merchant_id": "M-02"},
    "constructor": {},
    "$where": "1",
}
"""What a caller might like to decide himself."""

NOBODYS = (
    '"number"',
    '"pan"',
    '"cvv"',
    "fingerprint",
    "ciphertext",
    "password",
    "secret",
    "sha256",
    "traceback",
    "idempotency_key",
    "exposure",
)
"""Words that stand in no answer."""

WITH_BODY = [
    each
    for each in all_operations()
    if isinstance(each.example, dict) and each.scopes is not None
]
"""Of callers: what Alertmanager tells by its key has fields that we pass over."""


@pytest.mark.parametrize("operation", WITH_BODY, ids=str)
def test_a_property_that_is_not_the_callers_is_refused(minted, operation):
    caller = minted(operation.service, operation.scopes)

    for name, value in SET_BY_US.items():
        if name in operation.properties:
            continue
        body = operation.example | {name: value}
        refused = caller.asks(operation.method, operation.filled, json=body)

        assert refused.status_code == 422, (name, refused.text)
        assert {"pointer": "/?", "code": "extra_forbidden"} in refused.json()["errors"]


@pytest.mark.parametrize("name", ["brand", "token", "last4", "holder", "funding"])
def test_nothing_is_said_about_a_card_but_what_is_on_it(m_01, name):
    refused = m_01.pays(card=card(fresh_card()) | {name: "x"})

    assert refused.status_code == 422


def test_a_payment_is_what_the_services_made_of_it(m_01):
    answer = m_01.pays(9_000).json()

    assert answer["merchant_id"] == "M-01"
    assert answer["captured"] in {0, 9_000}
    assert answer["authorisation"]["source"] == "floor_limit"


def test_answers_hold_what_the_document_says_and_nothing_else(m_01, documents):
    id_ = m_01.paid()
    document = documents["gateway"]
    shown = {
        "/api/v1/payments": m_01.gets(f"{BASE}/payments", limit=5),
        "/api/v1/payments/{payment_id}": m_01.gets(f"{BASE}/payments/{id_}"),
        "/api/v1/payments/{payment_id}/view": m_01.gets(f"{BASE}/payments/{id_}/view"),
        "/api/v1/pos": m_01.gets(f"{BASE}/pos"),
        "/api/v1/cards": m_01.gets(f"{BASE}/cards"),
        "/api/v1/merchants/me/dashboard": m_01.gets(f"{BASE}/merchants/me/dashboard"),
    }

    for path, answer in shown.items():
        assert answer.status_code == 200, path
        said = document["paths"][path]["get"]["responses"]["200"]
        schema = closed(said["content"]["application/json"]["schema"], document)
        faults = list(Draft202012Validator(schema).iter_errors(answer.json()))
        assert faults == [], path
        assert [word for word in NOBODYS if word in answer.text.lower()] == [], path


def closed(schema, document):
    """The schema, with each object's properties all that it may have."""
    whole = {**schema, "components": document["components"]}
    copied = json.loads(json.dumps(whole))
    for part in parts(copied):
        if part.get("type") == "object" and "properties" in part:
            part.setdefault("additionalProperties", False)
    return copied


def parts(thing):
    if isinstance(thing, dict):
        yield thing
        thing = list(thing.values())
    if isinstance(thing, list):
        for each in thing:
            yield from parts(each)


def test_who_pays_decides_no_more_than_his_order(m_01):
    """The same order with each unknown field alone is refused, and none is kept."""
    before = m_01.gets(f"{BASE}/payments", limit=1).json()["payments"][0]["payment_id"]
    for name, value in SET_BY_US.items():
        assert (
            m_01.asks(
                "POST", f"{BASE}/payments", json=order(**{name: value})
            ).status_code
            == 422
        )

    after = m_01.gets(f"{BASE}/payments", limit=1).json()["payments"][0]["payment_id"]
    assert after == before
