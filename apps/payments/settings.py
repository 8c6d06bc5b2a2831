"""Every knob of the payments service."""

from pathlib import Path

from pydantic_settings import SettingsConfigDict

from apps.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PAYMENTS_", frozen=True)

    port: int = 8001

    database_url: str = "postgresql://payments:payments@127.0.0.1:5432/payments"

    nats_url: str = "nats://127.0.0.1:4222"

    bank_url: str = "http://127.0.0.1:8002"

    bank_timeout_s: float = 2.0
    """Past this the bank counts as silent; leaves the gateway time for our answer."""

    floor_limit: int = 10_000
    """Up to this amount, in minor units, the shop decides alone (EMV floor limit)."""

    delegation_limit: int = 20_000
    """Below this amount, in minor units, a silent bank is stood in for."""

    card_key_file: Path = Path(".data/secrets/card-key")
    """Key under which card numbers are recognised; made at first start."""
