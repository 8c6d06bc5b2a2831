"""Every knob of the probe."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import HttpAddress, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="PROBE_", frozen=True)

    port: int = 8006

    gateway_url: HttpAddress = "http://127.0.0.1:8000"
    """Where clients come in: the probe goes the same way, and no other."""

    every_s: float = Field(5.0, ge=0.1)
    """Between two payments, in seconds."""

    patience_s: float = Field(4.0, gt=0)
    """Past this there is no answer, in seconds; the gateway gives up after three."""

    slow_s: float = Field(1.0, gt=0)
    """A right answer that takes longer is slow, in seconds: the customer looks up."""

    grace_s: float = Field(30.0, ge=0)
    """So long after the start silence counts for nothing, if nobody ever answered: all
    else may be starting, too. In seconds."""

    client_id: str = "m-00"

    client_secret: SecretStr = SecretStr("payscope-demo-m-00")
    """What it proves itself by to the issuer; the demonstration's."""

    pos_id: str = "POS-00"
    """Its own terminal: no shop's books show what it pays."""

    card_number: SecretStr = SecretStr("5204460000000009")
    """Its own card, which nobody has."""
