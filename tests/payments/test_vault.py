"""The vault: what is sealed opens only as it was sealed, and is found only by key."""

from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidTag

from apps.kit.values import Pan
from apps.payments.store.vault import Vault
from tests.fakes import PAN

VAULT, OTHER = Vault(b"a" * 32), Vault(b"b" * 32)


def test_what_is_sealed_opens_again():
    token = uuid4()

    assert VAULT.open(VAULT.seal(PAN, token), token) == PAN


def test_the_same_number_is_sealed_otherwise_each_time():
    token = uuid4()

    assert VAULT.seal(PAN, token) != VAULT.seal(PAN, token)
    assert PAN.digits.encode() not in VAULT.seal(PAN, token)


def test_a_seal_opens_for_its_own_token_only():
    sealed = VAULT.seal(PAN, uuid4())

    with pytest.raises(InvalidTag):
        VAULT.open(sealed, uuid4())


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_changed_byte_is_noticed(place):
    token = uuid4()
    sealed = bytearray(VAULT.seal(PAN, token))
    sealed[place] ^= 1

    with pytest.raises(InvalidTag):
        VAULT.open(bytes(sealed), token)


def test_another_key_neither_opens_nor_finds():
    token = uuid4()

    with pytest.raises(InvalidTag):
        OTHER.open(VAULT.seal(PAN, token), token)
    assert OTHER.digest(PAN) != VAULT.digest(PAN)
    assert OTHER.key_id != VAULT.key_id


def test_a_number_is_found_by_its_digest_and_no_other():
    assert VAULT.digest(PAN) == VAULT.digest(Pan(PAN.digits))
    assert VAULT.digest(PAN) != VAULT.digest(Pan("4111111111111111"))
