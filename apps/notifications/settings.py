"""Every knob of notifications."""

from pydantic_settings import SettingsConfigDict

from apps.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="NOTIFICATIONS_", frozen=True)

    port: int = 8005

    database_url: str = (
        "postgresql://notifications:notifications@127.0.0.1:5432/notifications"
    )

    nats_url: str = "nats://127.0.0.1:4222"
