"""Every knob of the gateway."""

from pathlib import Path

from pydantic import Field, SecretStr
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

    signing_key_file: Path = Path(".data/secrets/signing-key")
    """Private key (PEM, RSA) that signs tokens; made at first start. Files beside it
    called the same, with an ending more, are keys that signed before."""

    clients_file: Path = Path(__file__).with_name("demo-clients.json")
    """Who may have tokens: ids, SHA-256 of secrets, scopes, merchants."""

    token_life_s: int = Field(3600, ge=60, le=86_400)
    """How long a token is good; nobody can take one back before."""
