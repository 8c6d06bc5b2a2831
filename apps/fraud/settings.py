"""Every knob of fraud."""

from pydantic_settings import SettingsConfigDict

from apps.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="FRAUD_", frozen=True)

    port: int = 8003

    database_url: str = "postgresql://fraud:fraud@127.0.0.1:5432/fraud"

    nats_url: str = "nats://127.0.0.1:4222"
