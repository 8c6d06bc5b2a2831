"""Every knob of fraud."""

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from apps.kit.settings import DatabaseAddress, NatsAddress, ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="FRAUD_", frozen=True)

    port: int = 8003

    database_url: DatabaseAddress = "postgresql://fraud:fraud@127.0.0.1:5432/fraud"

    nats_url: NatsAddress = "nats://127.0.0.1:4222"

    orange_at: Annotated[int, Field(ge=1)] = 20
    """Refusals in a row; under load, one payment in ten is refused: 20 in a row never."""

    red_at: int = 40
    """Refusals in a row, those before ORANGE among them; payments are refused from here."""

    window_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """How long refusals are held against a card, and how long each flag lasts."""

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        if self.red_at <= self.orange_at:
            raise ValueError("FRAUD_RED_AT must be above FRAUD_ORANGE_AT")
        return self
