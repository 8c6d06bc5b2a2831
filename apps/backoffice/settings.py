"""Every knob of backoffice."""

from pydantic_settings import SettingsConfigDict

from apps.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="BACKOFFICE_", frozen=True)

    port: int = 8004

    database_url: str = "postgresql://backoffice:backoffice@127.0.0.1:5432/backoffice"

    nats_url: str = "nats://127.0.0.1:4222"
