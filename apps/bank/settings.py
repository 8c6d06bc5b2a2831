"""Every knob of the bank."""

from pydantic_settings import SettingsConfigDict

from apps.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="BANK_", frozen=True)

    port: int = 8002

    database_url: str = "postgresql://bank:bank@127.0.0.1:5432/bank"

    limit: int = 40_000
    """Largest amount that is authorised, in minor units."""
