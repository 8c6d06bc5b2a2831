"""Every knob of the payments service."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import (
    DatabaseAddress,
    HttpAddress,
    HttpAddresses,
    NatsAddress,
    ServiceSettings,
)


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PAYMENTS_", frozen=True)

    port: int = 8001

    database_url: DatabaseAddress = (
        "postgresql://payments:payments@127.0.0.1:5432/payments"
    )

    database_connections: int = Field(20, ge=2)
    """So many at most: requests, hearers and jobs share them, and an order waits
    for one no longer than a second."""

    nats_url: NatsAddress = "nats://127.0.0.1:4222"

    bank_url: HttpAddresses = "http://127.0.0.1:8002"

    bank_timeout_s: float = Field(2.2, gt=0)
    """All attempts at the bank together; past this it counts as silent. The gateway
    gives a request 3 s: the rest is for fraud, the database and the way back."""

    bank_attempt_s: float = Field(0.8, gt=0)
    """One attempt at the bank; the third has what is left of the whole."""

    bank_attempts: int = Field(3, ge=1)
    """Attempts at most: the bank knows an order by its id, so asking again is safe."""

    bank_retry_base_s: float = Field(0.1, ge=0)
    """Bound of the random wait before the second attempt; it doubles with each."""

    bank_retry_most_s: float = Field(0.4, ge=0)
    """Largest bound of such a wait."""

    bank_retry_budget: float = Field(0.1, ge=0, le=1)
    """Of 1: so much is asked again of what is asked, lest we bury a bank that is down."""

    bank_places: int = Field(40, ge=1)
    """Orders that ask the bank at once; at nine tenths its breaker opens."""

    bank_open_most_s: float = Field(30.0, gt=0)
    """Longest that the bank's breaker stays open before a probe. What is accepted in its
    stead is to be confirmed within a minute of its return: hence not 60."""

    breaker_calls: int = Field(20, ge=1)
    """No breaker opens on fewer calls. The bank's judges the last so many, fraud's all
    of `breaker_within_s`."""

    breaker_within_s: float = Field(10.0, gt=0)
    """Fraud is asked by every payment: its breaker judges the calls of so long."""

    breaker_bad: float = Field(0.5, gt=0, le=1)
    """From this share of failed and slow calls on a breaker opens, of 1."""

    breaker_open_s: float = Field(5.0, gt=0)
    """How long a breaker is open at first; each vain probe doubles it."""

    bank_slow_s: float = Field(0.6, gt=0)
    """A bank that takes so long is as bad as one that fails: well before the attempt
    is cut off."""

    fraud_url: HttpAddresses = "http://127.0.0.1:8003"

    fraud_timeout_s: float = 0.15
    """Past this a card counts as unchecked: fraud may not cost a payment its time."""

    fraud_places: int = Field(40, ge=1)
    """Payments that ask fraud at once; the next ones go unchecked."""

    in_flight_limit: int = Field(128, ge=1)
    """Requests in flight; the next ones are refused at once. Several times what the
    database's connections serve in the second that an order waits for one."""

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

    token_url: HttpAddress = "http://127.0.0.1:8000/oauth/token"  # noqa: S105  (an address)
    """Where we get the token that we show bank and fraud: from the issuer."""

    client_id: str = "payments"

    client_secret: SecretStr = SecretStr("payscope-demo-payments")
    """What we prove ourselves by to the issuer; the demonstration's."""

    card_key_file: Path = Path(".data/secrets/card-key")
    """Key under which card numbers are recognised; made at first start."""
