"""Every knob of the payments service."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PAYMENTS_", frozen=True)

    port: int = 8001

    database_url: str = "postgresql://payments:payments@127.0.0.1:5432/payments"

    database_connections: int = Field(20, ge=2)
    """So many at most: requests, hearers and jobs share them, and an order waits
    for one no longer than a second."""

    nats_url: str = "nats://127.0.0.1:4222"

    bank_url: str = "http://127.0.0.1:8002"

    bank_timeout_s: float = 2.0
    """Past this the bank counts as silent; leaves the gateway time for our answer."""

    fraud_url: str = "http://127.0.0.1:8003"

    fraud_timeout_s: float = 0.15
    """Past this a card counts as unchecked: fraud may not cost a payment its time."""

    floor_limit: int = 10_000
    """Up to this amount, in minor units, the shop decides alone (EMV floor limit)."""

    delegation_limit: int = 20_000
    """Below this amount, in minor units, a silent bank is stood in for."""

    standins_per_card: int = 3
    """Payments of one card that are accepted in the bank's stead within 24 hours."""

    standin_exposure: int = 5_000_000
    """Largest sum accepted in the bank's stead and not confirmed yet, in minor units."""

    capture_after_s: float = 5.0
    """Automatic capture waits so long: until then fraud, or the merchant, may void."""

    reconcile_after_s: float = 5.0
    """A payment accepted in the bank's stead is put to the bank after this."""

    abandoned_after_s: float = 30.0
    """An order undecided for so long is given up; longer than a client's retries."""

    authorisation_days: float = 6.5
    """An authorisation that was not captured is voided then: before the bank, which
    lets go after seven days, does."""

    settle_every_s: float = 60.0
    """How often merchants are paid out; a real house does it daily."""

    token_url: str = "http://127.0.0.1:8000/oauth/token"  # noqa: S105  (an address)
    """Where we get the token that we show bank and fraud: from the issuer."""

    client_id: str = "payments"

    client_secret: SecretStr = SecretStr("payscope-demo-payments")
    """What we prove ourselves by to the issuer; the demonstration's."""

    card_key_file: Path = Path(".data/secrets/card-key")
    """Key under which card numbers are recognised; made at first start."""
