"""An issuer for tests: its key is made once, its clients are the demonstration's."""

from pathlib import Path

from joserfc.jwk import RSAKey

from apps.gateway.clients.registry import registered
from apps.gateway.clients.signing import SigningKeys
from apps.gateway.domain.clients import Terms
from apps.gateway.ports import Issuing
from apps.gateway.settings import Settings
from apps.kit.jwt import KnownTokens, Reader
from apps.kit.values import now, uuid7

KEY = RSAKey.generate_key(2048)
KEYS = SigningKeys(KEY)
TERMS = Terms("payscope", "payscope", 3600)
CLIENTS = Settings.model_fields["clients_file"].default


def issuing(clients: Path = CLIENTS, keys: SigningKeys = KEYS) -> Issuing:
    return Issuing(registered(clients), keys, TERMS, uuid7, now)


def tokens(keys: SigningKeys = KEYS) -> KnownTokens:
    return KnownTokens(Reader(TERMS.issuer, TERMS.audience), keys.public)
