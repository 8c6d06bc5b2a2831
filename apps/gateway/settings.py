"""Every knob of the gateway."""

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="GATEWAY_", frozen=True)

    port: int = 8000

    payments_url: str = "http://127.0.0.1:8001"

    payments_timeout_s: float = 2.8
    """Past this the caller gets a 504: callers are promised an answer within 3 s."""

    token: SecretStr = SecretStr("payscope-demo")
    """The bearer token that callers send."""
